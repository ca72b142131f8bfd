/** How long a cluster did not serve after a fault, from what clients saw: pure. */
import { isHeldByFault } from './check-history.ts';
import type { LocalCall } from './caller.ts';
import type { FaultKind } from './faults.ts';
import type { Call, CopiedEntry } from './history.ts';

/** One fault as it went. Times in ms of the clients' clock. */
export interface FaultRecord {
  readonly round: number;
  readonly kind: FaultKind;
  readonly target: string;
  /** Name of the node that it hit; undefined: none. */
  readonly victim: string | undefined;
  readonly atMs: number;
  /** When it was undone and what was ended was ready again. */
  readonly healedMs: number;
  /** When all nodes, shards and copies were there again. */
  readonly wholeMs: number;
  /** Shards that the victim owned before. */
  readonly shards: ReadonlySet<number>;
}

/** What one fault cost. */
export interface FaultCost {
  readonly record: FaultRecord;
  /** Longest time between two verdicts anywhere in the cluster. */
  readonly gapMs: number;
  /** From the fault to the first verdict on a decision of the victim's shards that was asked for after it. */
  readonly servedAgainMs: number | undefined;
  /** Decisions of the victim's shards that clients waited for when it came. */
  readonly inFlight: number;
  /** Those of them that were held because of it. */
  readonly inFlightHeld: number;
  /** Longest time in which a node that was not hit gave no local answer. */
  readonly localGapMs: number;
}

/** What a run is judged by. */
export interface Seen {
  readonly calls: readonly Call[];
  readonly locals: readonly LocalCall[];
  readonly nodes: readonly string[];
  shardOf(key: string): number;
  /** Entry `final` of a key's decision. */
  finalOf(key: string): CopiedEntry | undefined;
}

/** Cost of one fault. O(calls) */
export function costOf(record: FaultRecord, seen: Seen): FaultCost {
  const { atMs, wholeMs, shards, victim } = record;
  const verdicts = seen.calls.filter(({ what, answer }) => what === 'submit' && answer.type === 'verdict');
  const isOwn = ({ key }: Call): boolean => shards.size === 0 || shards.has(seen.shardOf(key));
  const again = verdicts
    .filter((call) => firstStartMs(seen.calls, call.key) >= atMs && isOwn(call))
    .map(({ endMs }) => endMs);
  const inFlight = keysInFlight(seen.calls, atMs).filter((key) => shards.has(seen.shardOf(key)));
  const inFlightHeld = inFlight.filter((key) => {
    const final = seen.finalOf(key);
    return !final || isHeldByFault(final.outcome, final.heldReason);
  });
  const others = seen.nodes.filter((node) => node !== victim);
  const localGaps = others.map((node) => {
    const own = seen.locals.filter((call) => call.node === node && call.ok);
    return longestGapMs(
      own.map(({ endMs }) => endMs),
      atMs,
      wholeMs,
    );
  });
  return {
    record,
    gapMs: longestGapMs(
      verdicts.map(({ endMs }) => endMs),
      atMs,
      wholeMs,
    ),
    servedAgainMs: again.length === 0 ? undefined : Math.min(...again) - atMs,
    inFlight: inFlight.length,
    inFlightHeld: inFlightHeld.length,
    localGapMs: Math.max(0, ...localGaps),
  };
}

/** Longest time without an event between two moments, both of which count as events. */
export function longestGapMs(eventsMs: readonly number[], fromMs: number, toMs: number): number {
  const within = eventsMs.filter((ms) => ms > fromMs && ms < toMs).sort((left, right) => left - right);
  let longest = 0;
  let last = fromMs;
  for (const ms of [...within, toMs]) {
    longest = Math.max(longest, ms - last);
    last = ms;
  }
  return longest;
}

/** Middle value; the mean of the two middle ones. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Keys that were asked for before a moment and had no verdict at it. */
function keysInFlight(calls: readonly Call[], atMs: number): string[] {
  const begun = new Set<string>();
  const told = new Set<string>();
  for (const { key, startMs, endMs, answer } of calls) {
    if (startMs < atMs) begun.add(key);
    if (answer.type === 'verdict' && endMs <= atMs) told.add(key);
  }
  return [...begun].filter((key) => !told.has(key));
}

function firstStartMs(calls: readonly Call[], key: string): number {
  let first = Infinity;
  for (const call of calls) if (call.key === key && call.startMs < first) first = call.startMs;
  return first;
}
