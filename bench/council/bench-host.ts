/** A whole node on a real file, as it is embedded, with its evaluators timed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import type { Host, HostConfig, SettingsInput } from '../../index.ts';
import { RequestMix } from './inputs.ts';

type SeatPlan = Parameters<NonNullable<HostConfig['seatPlan']>>[0];

/** A started host and what belongs to it. */
export interface BenchHost extends AsyncDisposable {
  readonly host: Host;
  /** Submits the next request of the mix and waits for its verdict. */
  submit(): ReturnType<Host['submit']>;
  /** Time in the evaluators of each seat since the last call, ms, checks included. */
  takeSeatTimes(): Readonly<Record<string, number>>;
}

/** Starts a node below a temporary folder; everything is removed when it is disposed. */
export async function startBenchHost(settings: SettingsInput = {}, seed = 1): Promise<BenchHost> {
  const dataDir = await mkdtemp(join(tmpdir(), 'witan-bench-'));
  let times: Record<string, number> = {};
  const seatPlan = (plan: SeatPlan): SeatPlan => ({
    ...plan,
    evaluators: plan.evaluators.map((evaluator) => ({
      ...evaluator,
      evaluate: (input, budget) => {
        const startMs = performance.now();
        const evidence = evaluator.evaluate(input, budget);
        times[plan.seat] = (times[plan.seat] ?? 0) + performance.now() - startMs;
        return evidence;
      },
    })),
  });
  const host = await createHost({ dataDir, http: false, settings, seatPlan });
  await host.start();
  const mix = new RequestMix(seed);
  return {
    host,
    submit: () => host.submit(mix.next()),
    takeSeatTimes: () => {
      const taken = times;
      times = {};
      return taken;
    },
    [Symbol.asyncDispose]: async () => {
      await host.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
