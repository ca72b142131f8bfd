/** Own timers for the keys of others: they run only while the store takes writes. */

/** A key that did not change for a full lease. */
export interface Suspect {
  readonly key: string;
  /** The revision that was watched; declaring the member gone has to name it. */
  readonly revision: number;
}

/** Settings of a {@link FailureDetector}, ms. */
export interface DetectorTimes {
  readonly beatMs: number;
  readonly leaseMs: number;
}

interface Watched {
  revision: number;
  seenAtMs: number;
  /** Time since then in which the store was seen to be writable; never more than the time itself. */
  countedMs: number;
}

// Between two own renewals the store may have been away for all that is known but this much.
const GAP_BEATS = 1.5;
const SILENT_BEATS = 2.5;

/**
 * Counts, for each key, how long it has not changed.
 *
 * Time passes only between two successful renewals of the own lease: they prove that the store took writes,
 * so that the others could have renewed theirs too. A gap counts at most 1.5 beats. After one as long as a
 * lease everybody's lease has run out, through no fault of theirs: then all timers begin anew.
 */
export class FailureDetector {
  readonly #times: DetectorTimes;
  readonly #watched = new Map<string, Watched>();
  #renewedAtMs: number | undefined;

  constructor(times: DetectorTimes) {
    this.#times = times;
  }

  /** The key was seen at `revision`; another one than before begins its timer anew. */
  seen(key: string, revision: number, nowMs: number): void {
    const watched = this.#watched.get(key);
    if (watched !== undefined && revision <= watched.revision) return;
    this.#watched.set(key, { revision, seenAtMs: nowMs, countedMs: 0 });
  }

  /** The key is of no interest any more. */
  forget(key: string): void {
    this.#watched.delete(key);
  }

  /** An own renewal succeeded: counts, and gives the keys that are over, the longest silent first. */
  renewed(nowMs: number): Suspect[] {
    const lastMs = this.#renewedAtMs;
    this.#renewedAtMs = nowMs;
    if (lastMs === undefined) return [];
    const { beatMs, leaseMs } = this.#times;
    const isNewStart = nowMs - lastMs >= leaseMs;
    const suspects: (Suspect & { countedMs: number })[] = [];
    for (const [key, watched] of this.#watched) {
      if (isNewStart) {
        watched.seenAtMs = nowMs;
        watched.countedMs = 0;
        continue;
      }
      // A key seen between the two counts from when it was seen.
      const passedMs = nowMs - Math.max(lastMs, watched.seenAtMs);
      watched.countedMs += Math.min(Math.max(0, passedMs), GAP_BEATS * beatMs);
      if (watched.countedMs >= leaseMs) suspects.push({ key, ...watched });
    }
    suspects.sort((left, right) => right.countedMs - left.countedMs);
    return suspects.map(({ key, revision }) => ({ key, revision }));
  }

  /** Counted silence of a key, ms. */
  countedMs(key: string): number {
    return this.#watched.get(key)?.countedMs ?? 0;
  }

  /** Whether the key should have changed by now. */
  isSilent(key: string): boolean {
    return this.countedMs(key) >= SILENT_BEATS * this.#times.beatMs;
  }
}

/**
 * Extra silence before a node acts on a suspect, ms: the three that follow it in the order of keys go first.
 *
 * Without it a cluster of a thousand would write a thousand times for one death, 999 of them in vain. When
 * those three are dead too, the next six act a beat later, and all others after another one.
 */
export function declarerDelayMs(
  suspect: string,
  {
    self,
    keys,
    beatMs,
  }: { readonly self: string; readonly keys: readonly string[]; readonly beatMs: number },
): number {
  const order = [...keys.filter((key) => key > suspect), ...keys.filter((key) => key < suspect)];
  const rank = order.indexOf(self);
  if (rank < 3) return 0;
  return rank < 9 ? beatMs : 2 * beatMs;
}
