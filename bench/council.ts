/** `bench council`: decisions through the whole in-process path, twelve seats, signatures, durable record. */
import { startBenchHost } from './council/bench-host.ts';
import type { BenchHost } from './council/bench-host.ts';
import { breakdown } from './council/breakdown.ts';
import { closedLoop, openLoop } from './council/load.ts';
import type { LoadResult } from './council/load.ts';
import { short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

const CASES = ['capacity', 'latency', 'overload', 'breakdown'] as const;
type CaseName = (typeof CASES)[number];

const LATENCY_RATE = 200;
const OPEN_COUNTS = [1, 2, 4, 8, 16, 32, 64];
const QUICK_OPEN_COUNTS = [4, 16, 64];
const WARM_UP_OPEN_COUNT = 16;
/** Share of the capacity that counts as normal load. */
const NORMAL_SHARE = 0.7;
const TARGETS = { p99Ms: 50, goodputShare: 0.9, p99Ratio: 2 };

/** Durations of the stretches, ms. */
interface Pace {
  readonly warmUpMs: number;
  readonly closedMs: number;
  readonly openMs: number;
  readonly openCounts: readonly number[];
}

const FULL: Pace = { warmUpMs: 12_000, closedMs: 5_000, openMs: 15_000, openCounts: OPEN_COUNTS };
const QUICK: Pace = { warmUpMs: 5_000, closedMs: 2_500, openMs: 5_000, openCounts: QUICK_OPEN_COUNTS };

/** Runs the cases that `names` lists, or all. @throws RangeError for an unknown case */
export async function benchCouncil({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !(CASES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${CASES.join(', ')}`);
  const wanted = (name: CaseName): boolean => names.length === 0 || names.includes(name);
  const pace = quick ? QUICK : FULL;
  const rows: Row[] = [];
  const show = (added: readonly Row[]): void => {
    rows.push(...added);
    if (json) for (const row of added) printJson(row);
  };
  await using node = await startBenchHost();
  progress('warming up …');
  await closedLoop(node.submit, WARM_UP_OPEN_COUNT, pace.warmUpMs);
  let peak: LoadResult | undefined;
  if (wanted('capacity') || wanted('overload')) {
    const found = await capacity(node, pace);
    peak = found.peak;
    show(found.rows);
  }
  if (wanted('latency')) show(await latency(node, pace));
  if (wanted('overload') && peak) show(await overload(node, pace, peak));
  if (wanted('breakdown')) show(await breakdown(node, pace.closedMs));
  progress('');
  if (!json) report(rows, markdown);
}

async function capacity(node: BenchHost, pace: Pace): Promise<{ peak: LoadResult; rows: Row[] }> {
  const results: { openCount: number; result: LoadResult }[] = [];
  for (const openCount of pace.openCounts) {
    progress(`capacity, ${openCount} open …`);
    results.push({ openCount, result: await closedLoop(node.submit, openCount, pace.closedMs) });
  }
  const best = results.reduce((left, right) => (right.result.rate > left.result.rate ? right : left));
  const rows = results.flatMap(({ openCount, result }) => loadRows('capacity', `${openCount} open`, result));
  rows.push(rowOf('capacity', 'peak', { metric: 'rate', value: best.result.rate, unit: '/s' }));
  return { peak: best.result, rows };
}

async function latency(node: BenchHost, pace: Pace): Promise<Row[]> {
  progress(`latency at ${LATENCY_RATE} a second …`);
  const result = await openLoop(node.submit, LATENCY_RATE, pace.openMs);
  return loadRows('latency', `${LATENCY_RATE}/s offered`, result).map((row) => {
    if (row.metric !== 'p99') return row;
    // A latency of those who were let in says nothing when others were turned away.
    const isServed = result.doneCount === result.offeredCount;
    const target = `< ${TARGETS.p99Ms} ms, all served`;
    return { ...row, target, isReached: isServed && result.p99Ms < TARGETS.p99Ms };
  });
}

async function overload(node: BenchHost, pace: Pace, peak: LoadResult): Promise<Row[]> {
  const normalRate = Math.round(peak.rate * NORMAL_SHARE);
  progress(`normal load, ${normalRate} a second …`);
  const normal = await openLoop(node.submit, normalRate, pace.openMs);
  const rate = Math.round(peak.rate * 2);
  progress(`overload, ${rate} a second …`);
  const over = await openLoop(node.submit, rate, pace.openMs);
  const goodput = over.rate / peak.rate;
  const slower = over.p99Ms / normal.p99Ms;
  const metrics = {
    peer: 'peak',
    target: `≥ ${TARGETS.goodputShare}× peak`,
    isReached: goodput >= TARGETS.goodputShare,
  };
  const overRows = loadRows('overload', `${rate}/s offered`, over).map((row) => {
    if (row.metric === 'rate') return { ...row, ...metrics, ratio: goodput };
    if (row.metric !== 'p99') return row;
    const target = `≤ ${TARGETS.p99Ratio}× normal`;
    return { ...row, peer: 'normal', ratio: slower, target, isReached: slower <= TARGETS.p99Ratio };
  });
  const unrefused = over.failedCount;
  const refusals = rowOf('overload', `${rate}/s offered`, {
    metric: 'failed otherwise',
    value: unrefused,
    unit: '',
  });
  const clean = { target: 'only `overloaded` with a time to come back', isReached: unrefused === 0 };
  const codes = Object.entries(over.failures)
    .map(([code, count]) => `${code} ${count}`)
    .join(', ');
  const failed = { ...refusals, ...clean, ...(codes !== '' && { note: codes }) };
  return [...loadRows('overload', `${normalRate}/s, normal`, normal), ...overRows, failed];
}

function loadRows(name: CaseName, subject: string, result: LoadResult): Row[] {
  const { rate, p50Ms, p99Ms, cpuMsEach, refusedCount, offeredCount } = result;
  return [
    rowOf(name, subject, { metric: 'rate', value: rate, unit: '/s' }),
    rowOf(name, subject, { metric: 'p50', value: p50Ms, unit: 'ms' }),
    rowOf(name, subject, { metric: 'p99', value: p99Ms, unit: 'ms' }),
    rowOf(name, subject, { metric: 'processor', value: cpuMsEach, unit: 'ms each' }),
    rowOf(name, subject, {
      metric: 'refused',
      value: refusedCount / Math.max(1, offeredCount),
      unit: 'share',
    }),
  ];
}

function rowOf(name: CaseName, subject: string, figure: Pick<Row, 'metric' | 'value' | 'unit'>): Row {
  return { bench: 'council', case: name, subject, ...figure };
}

function report(rows: readonly Row[], markdown: boolean): void {
  process.stdout.write(
    `${machineLine()}\nrules, signatures, fdatasync, council always; load from the same process\n\n`,
  );
  const loads = rows.filter((row) => row.case !== 'breakdown');
  const subjects = [...new Set(loads.map((row) => `${row.case}|${row.subject}`))];
  const lines = subjects.map((key) => {
    const own = loads.filter((row) => `${row.case}|${row.subject}` === key);
    const value = (metric: string): string => {
      const found = own.find((row) => row.metric === metric)?.value;
      return found === undefined || found === null ? '' : short(found);
    };
    const targets = own.filter(({ target }) => target !== undefined).map(verdict);
    return [
      key.replace('|', ', '),
      ...['rate', 'p50', 'p99', 'processor', 'refused'].map(value),
      targets.join('; '),
    ];
  });
  printTable(['load', 'verdicts/s', 'p50 ms', 'p99 ms', 'CPU ms each', 'refused', 'target'], lines, markdown);
  const parts = rows.filter((row) => row.case === 'breakdown');
  if (parts.length === 0) return;
  process.stdout.write('\n');
  const figures = parts.map(({ subject, metric, value, unit }) => [
    subject,
    metric,
    `${short(value ?? 0)} ${unit}`,
  ]);
  printTable(['where the time goes', 'measured as', 'per decision'], figures, markdown);
}

function verdict({ metric, ratio, target, isReached, note }: Row): string {
  const measured = ratio === undefined ? '' : ` (${short(ratio)}×)`;
  return `${metric} ${target}${measured} ${isReached ? 'reached' : 'MISSED'}${note ? ` (${note})` : ''}`;
}
