/** The own lease as a pure machine: what was sent and what came of it decide until when it is held. */

/** A renewal that was sent, and whose outcome is not known yet. */
export interface SentBeat {
  readonly beat: number;
  /** Own monotonic time before it was sent, ms. */
  readonly atMs: number;
}

/** What a node knows of its own lease. */
export interface OwnLease {
  /** `lost` is for good. Whether a lease that stands is held or suspended is a question of the time. */
  readonly phase: 'joining' | 'standing' | 'lost';
  /** Of the own key, as last known; 0: the key is not known to exist. */
  readonly revision: number;
  /** Last renewal that was sent; 0: none yet. */
  readonly beat: number;
  /** Monotonic, ms; held before it, suspended from it on. */
  readonly heldUntilMs: number;
  /** Oldest first. */
  readonly open: readonly SentBeat[];
}

/** What a read of the own key showed. */
export interface FoundRecord {
  readonly revision: number;
  readonly beat: number;
  readonly isGone: boolean;
}

// Without an answer for this many renewals the oldest is forgotten: adopted later, it extends nothing.
const OPEN_MAX = 32;

/** A lease before its first renewal. */
export const UNBORN: OwnLease = { phase: 'joining', revision: 0, beat: 0, heldUntilMs: -Infinity, open: [] };

/**
 * Time that one renewal holds, ms: the lease less its margin.
 *
 * With clocks that run apart by a share of `e` the holder stops before a watcher may end its lease while
 * (1 + e) / (1 − e) < 1 / (1 − margin): a margin of 10 % bears clocks that are 5 % off, each its own way.
 */
export function holdMs(leaseMs: number, marginShare = 0.1): number {
  return leaseMs * (1 - marginShare);
}

/** A renewal leaves at `atMs`; its number is the new `beat`. */
export function beatSent(lease: OwnLease, atMs: number): OwnLease {
  const beat = lease.beat + 1;
  return { ...lease, beat, open: [...lease.open, { beat, atMs }].slice(-OPEN_MAX) };
}

/** The store took renewal `beat` as `revision`; the lease holds from when it was sent. */
export function beatStored(
  lease: OwnLease,
  stored: { readonly beat: number; readonly revision: number },
  heldForMs: number,
): OwnLease {
  if (lease.phase === 'lost' || stored.revision <= lease.revision) return lease;
  const sent = lease.open.find(({ beat }) => beat === stored.beat);
  const untilMs = sent === undefined ? -Infinity : sent.atMs + heldForMs;
  return {
    ...lease,
    phase: 'standing',
    revision: stored.revision,
    heldUntilMs: Math.max(lease.heldUntilMs, untilMs),
    // Earlier ones named an older revision: if they did not reach the store before this one, they never will.
    open: lease.open.filter(({ beat }) => beat > stored.beat),
  };
}

/**
 * A renewal was refused, and a read showed `found` (undefined: no such key).
 *
 * An own record of a renewal that is still open is that renewal, its answer was lost: it is adopted. What is
 * not newer than what is known here came from a stale read and changes nothing.
 */
export function refusedAndFound(
  lease: OwnLease,
  found: FoundRecord | undefined,
  heldForMs: number,
): OwnLease {
  if (lease.phase === 'lost') return lease;
  // The key was there and is not: only somebody who knew that this run is over removes it.
  if (found === undefined) return lease.revision === 0 ? lease : lostLease(lease);
  if (found.isGone) return lostLease(lease);
  if (found.beat > lease.beat) return lostLease(lease);
  return beatStored(lease, found, heldForMs);
}

/** Ended for good. */
export function lostLease(lease: OwnLease): OwnLease {
  return { ...lease, phase: 'lost', heldUntilMs: -Infinity, open: [] };
}
