/** Runs seeds in processes of their own, each taking the next seed when it is free. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { checkClusterSeed } from '../cluster/check-cluster-seed.ts';
import { checkSeed } from '../check-seed.ts';
import type { SeedReport } from '../check-seed.ts';
import { plantNamed } from '../plants/all.ts';

/** A seed's report and what it cost. */
export interface TimedReport {
  readonly report: SeedReport;
  readonly elapsedMs: number;
}

/** Order for a worker. */
interface SeedOrder {
  readonly seed: number;
  readonly plant: string | undefined;
  readonly keepTrace: boolean;
  /** A whole cluster instead of one node. */
  readonly isCluster?: boolean | undefined;
}

/** What is run, and who hears of each report. */
export interface SeedRun extends Omit<SeedOrder, 'seed'> {
  readonly seeds: readonly number[];
  readonly jobs: number;
  readonly main: string;
  readonly onReport: (timed: TimedReport) => void;
  /** Environment of the workers besides this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one seed here. */
export async function runSeed({ seed, plant, keepTrace, isCluster }: SeedOrder): Promise<TimedReport> {
  const startedMs = performance.now();
  if (isCluster) {
    const report = await checkClusterSeed(seed, { plant, keepTrace });
    return { report, elapsedMs: performance.now() - startedMs };
  }
  const report = await checkSeed(seed, {
    plant: plant === undefined ? undefined : plantNamed(plant),
    keepTrace,
  });
  return { report, elapsedMs: performance.now() - startedMs };
}

/** Runs all seeds; one whose process ends before it does has failed, and the others go on. */
export async function runSeeds(run: SeedRun): Promise<void> {
  const waiting = [...run.seeds];
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lost = await oneWorker(run, waiting);
      if (lost !== undefined) run.onReport(lost);
    }
  };
  await Promise.all(Array.from({ length: Math.min(run.jobs, run.seeds.length) }, work));
}

/** Feeds one process until no seed waits or it is gone; gives the report of the seed that ended it. */
function oneWorker(run: SeedRun, waiting: number[]): Promise<TimedReport | undefined> {
  const { main, env, plant, keepTrace, isCluster, onReport } = run;
  return new Promise((resolve, reject) => {
    const child = fork(main, ['--worker'], { env: { ...process.env, ...env } });
    let current: number | undefined;
    const next = (): void => {
      current = waiting.shift();
      if (current === undefined) child.disconnect();
      else child.send({ seed: current, plant, keepTrace, isCluster } satisfies SeedOrder);
    };
    child.on('message', (timed) => {
      onReport(timed as TimedReport);
      next();
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      resolve(
        current === undefined ? undefined : lostReport(current, `its process left with ${code ?? signal}`),
      );
    });
    next();
  });
}

function lostReport(seed: number, what: string): TimedReport {
  const nothing = { traceHash: '', faults: {}, outcomes: {}, stepCount: 0, trace: [] };
  const violations = [{ invariant: 'comes-to-rest' as const, what }];
  return { report: { seed, violations, ...nothing }, elapsedMs: 0 };
}

/** Life of a worker: answers orders until its parent disconnects. */
export function serveSeeds(self: Pick<ChildProcess, 'on' | 'send'> | NodeJS.Process): void {
  self.on('message', (order: SeedOrder) => {
    void runSeed(order).then((timed) => self.send!(timed));
  });
}
