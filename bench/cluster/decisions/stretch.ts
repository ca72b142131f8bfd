/** One stretch of decisions against all nodes at once, and what each process paid for it. */
import { LoadProcess } from '../../doors/load-process.ts';
import type { LoadFigures } from '../../doors/load-job.ts';
import type { NodeProcesses } from './node-processes.ts';
import { processorMs } from './processor-time.ts';

/** Figures of a stretch. Times in ms. */
export interface Stretch {
  readonly doneCount: number;
  /** Requests that were no verdict: refused, or failed. */
  readonly otherCount: number;
  /** What they were, for people. */
  readonly others: string;
  readonly rate: number;
  readonly p50Ms: number;
  /** Of the callers of the slowest node. */
  readonly p99Ms: number;
  /** Processor time for each decision, by process; nodes in order. */
  readonly nodeCpuMs: readonly number[];
  readonly natsCpuMs: number;
  readonly loadCpuMs: number;
  /** Processor time of all by elapsed time. */
  readonly busyCores: number;
}

/** How long, and how many decisions are open at each node. */
export interface Pace {
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly openCount: number;
}

/** Keeps `openCount` decisions open at each node, over HTTP, the council sitting on every one. */
export async function runStretch({ nodes, natsPid }: NodeProcesses, pace: Pace): Promise<Stretch> {
  const loads = await Promise.all(nodes.map(() => LoadProcess.start()));
  try {
    const run = (durationMs: number, round: number): Promise<readonly LoadFigures[]> =>
      Promise.all(
        loads.map((load, at) =>
          load.run({
            target: { wire: 'http', port: nodes[at]!.port, path: '/api/v1/decisions/evaluate', headers: {} },
            ...{ what: 'decisions', openCount: pace.openCount, warmUpMs: 0, durationMs },
            seed: 100 * round + at + 1,
          }),
        ),
      );
    await run(pace.warmUpMs, 0);
    const processes = [...nodes.map(({ pid }) => pid), ...(natsPid === undefined ? [] : [natsPid])];
    const loadPids = loads.map(({ pid }) => pid);
    const all = [...processes, ...loadPids];
    const before = all.map(processorMs);
    const startMs = performance.now();
    const figures = await run(pace.durationMs, 1);
    const elapsedMs = performance.now() - startMs;
    const spent = all.map((pid, at) => processorMs(pid) - before[at]!);
    return stretchOf({ figures, elapsedMs, spent, nodeCount: nodes.length, hasNats: natsPid !== undefined });
  } finally {
    for (const load of loads) load.close();
  }
}

interface Measured {
  readonly figures: readonly LoadFigures[];
  readonly elapsedMs: number;
  /** Nodes, then the server where there is one, then the load. */
  readonly spent: readonly number[];
  readonly nodeCount: number;
  readonly hasNats: boolean;
}

function stretchOf({ figures, elapsedMs, spent, nodeCount, hasNats }: Measured): Stretch {
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const doneCount = sum(figures.map((one) => one.doneCount));
  const each = (ms: number): number => ms / Math.max(1, doneCount);
  const others = figures.flatMap((one) => Object.entries(one.others));
  return {
    doneCount,
    otherCount: sum(others.map(([, count]) => count)),
    others: others.map(([code, count]) => `${code} ${count}`).join(', '),
    rate: (doneCount / elapsedMs) * 1_000,
    p50Ms: sum(figures.map((one) => one.p50Ms * one.doneCount)) / Math.max(1, doneCount),
    p99Ms: Math.max(...figures.map((one) => one.p99Ms)),
    nodeCpuMs: spent.slice(0, nodeCount).map(each),
    natsCpuMs: hasNats ? each(spent[nodeCount]!) : 0,
    loadCpuMs: each(sum(spent.slice(nodeCount + (hasNats ? 1 : 0)))),
    busyCores: sum(spent) / elapsedMs,
  };
}
