/** Runs seeds in processes of their own, each taking the next seed when it is free. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
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
export async function runSeed({ seed, plant, keepTrace }: SeedOrder): Promise<TimedReport> {
  const startedMs = performance.now();
  const report = await checkSeed(seed, {
    plant: plant === undefined ? undefined : plantNamed(plant),
    keepTrace,
  });
  return { report, elapsedMs: performance.now() - startedMs };
}

/** Runs all seeds; rejects when a worker ends before its seed does. */
export async function runSeeds({
  seeds,
  jobs,
  main,
  onReport,
  env,
  plant,
  keepTrace,
}: SeedRun): Promise<void> {
  const waiting = [...seeds];
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(main, ['--worker'], { env: { ...process.env, ...env } });
      let current: number | undefined;
      const next = (): void => {
        current = waiting.shift();
        if (current === undefined) child.disconnect();
        else child.send({ seed: current, plant, keepTrace } satisfies SeedOrder);
      };
      child.on('message', (timed) => {
        onReport(timed as TimedReport);
        next();
      });
      child.on('error', reject);
      child.on('exit', (code) => {
        if (current === undefined && code === 0) resolve();
        else reject(new Error(`seed ${current}: its process left with ${code}`));
      });
      next();
    });
  await Promise.all(Array.from({ length: Math.min(jobs, seeds.length) }, work));
}

/** Life of a worker: answers orders until its parent disconnects. */
export function serveSeeds(self: Pick<ChildProcess, 'on' | 'send'> | NodeJS.Process): void {
  self.on('message', (order: SeedOrder) => {
    void runSeed(order).then((timed) => self.send!(timed));
  });
}
