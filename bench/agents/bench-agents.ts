/**
 * `bench agents -- --count 100000`: live agents on a node that decides: what they weigh, how long they take
 * to come and go, and what decisions notice of them.
 */
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { closedLoop } from '../council/load.ts';
import type { LoadResult } from '../council/load.ts';
import { short } from '../report/figure.ts';
import { machineLine } from '../report/machine.ts';
import { printJson, progress } from '../report/row.ts';
import type { BenchOptions, Row } from '../report/row.ts';
import { printTable } from '../report/table.ts';
import { startAgentNode } from './agent-node.ts';
import { Crowd } from './crowd.ts';

const DEFAULT_COUNT = 100_000;
/** Share of the agents that is asked for a ballot each second. */
const ASKED_SHARE = 0.01;
const OPEN_COUNT = 4;
const FULL = { warmUpMs: 12_000, durationMs: 10_000 };
const QUICK = { warmUpMs: 4_000, durationMs: 3_000 };

/** Runs it with `count` agents (default 100,000); `names` is not used. */
export async function benchAgents({ json, quick, markdown, count }: BenchOptions): Promise<void> {
  const rows = await measure(count ?? DEFAULT_COUNT, quick ? QUICK : FULL);
  progress('');
  if (json) return rows.forEach(printJson);
  const loads = loadavg().map((load) => load.toFixed(1));
  process.stdout.write(`${machineLine()}; load average ${loads.join(' ')}\n\n`);
  const lines = rows.map(({ subject, metric, value, unit, ratio }) => [
    ...[subject, metric, `${short(value!)} ${unit}`.trim()],
    ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
  ]);
  printTable(['node', 'metric', 'value', 'to without'], lines, markdown);
}

async function measure(count: number, pace: typeof FULL): Promise<Row[]> {
  await using node = await startAgentNode();
  const crowd = new Crowd(node.system, node.keys);
  const decide = (): Promise<LoadResult> => closedLoop(node.submit, OPEN_COUNT, pace.durationMs);
  progress('warming up …');
  await closedLoop(node.submit, OPEN_COUNT, pace.warmUpMs);
  // A small crowd first: it compiles what agents are made of, and leaves its pages behind.
  await crowd.start(Math.min(count, 2_000));
  await crowd.stop();
  progress('without agents …');
  const before = await decide();
  const empty = await settledMemory();
  progress(`starting ${count} agents …`);
  const start = await timed(() => crowd.start(count));
  const full = await settledMemory();
  progress('with agents, silent …');
  const silent = await decide();
  const perSecond = Math.round(count * ASKED_SHARE);
  progress(`with agents, ${perSecond} a second asked …`);
  const answered = { count: 0 };
  const asked = await busy(crowd, { perSecond, decide, answered });
  const told = await settledMemory();
  progress('stopping them …');
  const stop = await timed(() => crowd.stop());
  progress('without agents again …');
  const after = await decide();
  const row = (subject: string, metric: string, value: number, unit: string): Row => ({
    ...{ bench: 'agents', case: `${count} agents`, subject, metric, value, unit },
  });
  const without = [before, after];
  const crowdName = `${count} agents`;
  const memory = (metric: string, later: Memory, key: keyof Memory): Row =>
    row(crowdName, metric, (later[key] - empty[key]) / count, 'B each');
  return [
    memory('resident memory', full, 'rss'),
    memory('heap', full, 'heap'),
    memory('heap, after messages', told, 'heap'),
    ...timeRows('start', start).map(([metric, ms]) => row(crowdName, metric, ms, 'ms')),
    ...timeRows('stop', stop).map(([metric, ms]) => row(crowdName, metric, ms, 'ms')),
    row(crowdName, 'ballots while asked', (answered.count / pace.durationMs) * 1_000, '/s'),
    ...loadRows('without, before', [before], without),
    ...loadRows('without, after', [after], without),
    ...loadRows('with them, silent', [silent], without),
    ...loadRows(`with them, ${perSecond}/s asked`, [asked], without),
  ].map((one) => ({ ...one, case: crowdName }));
}

interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** After garbage is gone; the collector gives pages back some time later. */
async function settledMemory(): Promise<Memory> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await delay(200);
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

interface Busy {
  readonly perSecond: number;
  decide(): Promise<LoadResult>;
  readonly answered: { count: number };
}

async function busy(crowd: Crowd, parts: Busy): Promise<LoadResult> {
  const deciding = parts.decide();
  parts.answered.count = await crowd.ask(parts.perSecond, deciding);
  return deciding;
}

interface Took {
  readonly elapsedMs: number;
  /** Of this process, all threads: the same on a busy machine. */
  readonly cpuMs: number;
}

async function timed(work: () => Promise<void>): Promise<Took> {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { elapsedMs: performance.now() - startMs, cpuMs: (user + system) / 1_000 };
}

function timeRows(what: string, { elapsedMs, cpuMs }: Took): [string, number][] {
  return [
    [`${what}, elapsed`, elapsedMs],
    [`${what}, processor`, cpuMs],
  ];
}

/** Means of several stretches, beside those without agents. */
function loadRows(subject: string, stretches: readonly LoadResult[], without: readonly LoadResult[]): Row[] {
  const mean = (of: readonly LoadResult[], key: 'rate' | 'p50Ms' | 'p99Ms' | 'cpuMsEach'): number =>
    of.reduce((sum, one) => sum + one[key], 0) / of.length;
  const metrics = [
    { metric: 'decisions', key: 'rate', unit: '/s' },
    { metric: 'p50', key: 'p50Ms', unit: 'ms' },
    { metric: 'p99', key: 'p99Ms', unit: 'ms' },
    { metric: 'processor', key: 'cpuMsEach', unit: 'ms each' },
  ] as const;
  const rows = metrics.map(({ metric, key, unit }): Row => {
    const value = mean(stretches, key);
    const compared = { peer: 'without', ratio: value / mean(without, key) };
    return { bench: 'agents', case: '', subject, metric, value, unit, ...compared };
  });
  const unserved = stretches.reduce((sum, one) => sum + one.refusedCount + one.failedCount, 0);
  if (unserved === 0) return rows;
  return [...rows, { ...rows[0]!, metric: 'refused or failed', value: unserved, unit: '' }];
}
