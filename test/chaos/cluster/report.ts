/** What a run cost and broke, as a table for people. */
import { FAULT_KINDS } from './faults.ts';
import type { FaultKind } from './faults.ts';
import type { ChaosResult } from './chaos-run.ts';
import { median } from './service-time.ts';
import type { FaultCost } from './service-time.ts';

/** Bound on one figure of one kind of fault. */
export interface Missed {
  readonly kind: FaultKind;
  readonly what: string;
}

/** One line of the table. Times in ms; null: nothing to measure. */
export interface KindSummary {
  readonly kind: FaultKind;
  readonly rounds: number;
  readonly gapMs: readonly [median: number, worst: number];
  readonly servedAgainMs: readonly [median: number, worst: number] | null;
  /** Rounds in which nothing of the victim's shards was served before the next one. */
  readonly neverServed: number;
  readonly inFlight: number;
  readonly inFlightHeld: number;
  readonly wholeMs: readonly [median: number, worst: number];
  readonly localGapMs: number;
}

/** Bounds: a crash while NATS has a leader, a leader of NATS, decisions in flight, a node's own answers. */
export const BOUNDS = { crashMs: 3_500, leaderMs: 20_000, inFlightShare: 0.95, localMs: 2_000 } as const;

/** One summary a kind that came up. */
export function summaries(costs: readonly FaultCost[]): readonly KindSummary[] {
  const kinds = Object.keys(FAULT_KINDS) as FaultKind[];
  return kinds.flatMap((kind) => {
    const own = costs.filter(({ record }) => record.kind === kind);
    return own.length === 0 ? [] : [summaryOf(kind, own)];
  });
}

/** Bounds that were not reached. */
export function missedBounds(costs: readonly FaultCost[]): readonly Missed[] {
  const missed: Missed[] = [];
  for (const summary of summaries(costs)) {
    const { kind, gapMs, servedAgainMs, neverServed, inFlight, inFlightHeld, localGapMs } = summary;
    const isCrash = kind === 'kill' || kind === 'disk';
    const miss = (what: string): void => void missed.push({ kind, what });
    if (isCrash && servedAgainMs && servedAgainMs[1] > BOUNDS.crashMs)
      miss(`served again after ${seconds(servedAgainMs[1])} at worst, bound ${seconds(BOUNDS.crashMs)}`);
    if (isCrash && neverServed > 0) miss(`${neverServed} times the victim's shards were not served again`);
    if (isCrash && inFlight > 0 && 1 - inFlightHeld / inFlight < BOUNDS.inFlightShare)
      miss(`${inFlightHeld} of ${inFlight} decisions in flight were held`);
    if (kind === 'nats-leader' && gapMs[1] > BOUNDS.leaderMs) miss(`no verdict for ${seconds(gapMs[1])}`);
    if (kind === 'nats-leader' && localGapMs > BOUNDS.localMs)
      miss(`no answer of a node's own for ${seconds(localGapMs)}`);
  }
  return missed;
}

/** The whole report. */
export function reportText(result: ChaosResult): string {
  const { report, costs, calls, refusals, lateReads, heads } = result;
  const head = [
    'fault',
    'rounds',
    'gap',
    'worst',
    'served again',
    'worst',
    'whole',
    'worst',
    'in flight',
    'held',
    'local',
  ];
  const rows = summaries(costs).map((one) => [
    one.kind,
    String(one.rounds),
    ...one.gapMs.map(seconds),
    ...(one.servedAgainMs?.map(seconds) ?? ['-', '-']),
    ...one.wholeMs.map(seconds),
    String(one.inFlight),
    String(one.inFlightHeld),
    seconds(one.localGapMs),
  ]);
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ');
  const { accepted, answered, held, heldByFault, lost, unserved, breaches } = report;
  const counts =
    `${accepted} accepted, ${answered} answered, ${held} held (${heldByFault} because of a fault), ` +
    `${lost} lost, ${unserved} never accepted`;
  const rules = ['answered-twice', 'accepted-twice', 'acknowledged-lost', 'copies-differ', 'entry-changed'];
  const count = (rule: string): number => breaches.filter((breach) => breach.rule === rule).length;
  const others = [...refusals].map(([name, times]) => `${name} ×${times}`).join(', ');
  return [
    '',
    ...[head, ...rows].map(line),
    '',
    counts,
    rules.map((rule) => `${rule.replace('-', ' ')} ${count(rule)}`).join(', '),
    `${calls.length} requests; other answers: ${others || 'none'}; ${lateReads} reads before the copy had it`,
    `${heads} heads read`,
    '',
  ].join('\n');
}

function summaryOf(kind: FaultKind, own: readonly FaultCost[]): KindSummary {
  const pair = (values: readonly number[]): [number, number] => [median(values), Math.max(...values)];
  const again = own.flatMap(({ servedAgainMs }) => servedAgainMs ?? []);
  const sum = (of: (cost: FaultCost) => number): number => own.reduce((total, cost) => total + of(cost), 0);
  return {
    kind,
    rounds: own.length,
    gapMs: pair(own.map(({ gapMs }) => gapMs)),
    servedAgainMs: again.length === 0 ? null : pair(again),
    neverServed: own.length - again.length,
    inFlight: sum(({ inFlight }) => inFlight),
    inFlightHeld: sum(({ inFlightHeld }) => inFlightHeld),
    wholeMs: pair(own.map(({ record }) => record.wholeMs - record.healedMs)),
    localGapMs: Math.max(...own.map(({ localGapMs }) => localGapMs)),
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
