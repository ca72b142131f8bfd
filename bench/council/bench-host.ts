/** A whole node on a real file, as it is embedded, with its evaluators timed where they work. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import type { Host, HostConfig, SettingsInput } from '../../index.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { RequestMix } from './inputs.ts';

type SeatPlan = Parameters<NonNullable<HostConfig['seatPlan']>>[0];

/** Time in the evaluators of each seat, ms, checks included. */
export interface SeatTimes {
  /** In the node's own loop: all of their work, or the asking of a thread. */
  readonly ownLoop: Readonly<Record<string, number>>;
  /** On the threads of evaluators, as these tell. */
  readonly threads: Readonly<Record<string, number>>;
}

/** A started host and what belongs to it. */
export interface BenchHost extends AsyncDisposable {
  readonly host: Host;
  /** Its record. */
  readonly ledger: LedgerPort;
  /** Submits the next request of the mix and waits for its verdict. */
  submit(): ReturnType<Host['submit']>;
  /** Times since the last call. */
  takeSeatTimes(): SeatTimes;
}

/** Starts a node below a temporary folder; everything is removed when it is disposed. */
export async function startBenchHost(settings: SettingsInput = {}, seed = 1): Promise<BenchHost> {
  const dataDir = await mkdtemp(join(tmpdir(), 'witan-bench-'));
  let ownLoop: Record<string, number> = {};
  let threads: Record<string, number> = {};
  const seatPlan = (plan: SeatPlan): SeatPlan => ({
    ...plan,
    evaluators: plan.evaluators.map((evaluator) => ({
      ...evaluator,
      evaluate: (input, budget) => {
        const startMs = performance.now();
        const evidence = evaluator.evaluate(input, budget);
        ownLoop[plan.seat] = (ownLoop[plan.seat] ?? 0) + performance.now() - startMs;
        return evidence;
      },
    })),
  });
  const telemetry = heardTimes(({ name, elapsedMs, seat }) => {
    if (name === 'evaluation_ms') threads[seat] = (threads[seat] ?? 0) + elapsedMs;
  });
  let ledger: LedgerPort | undefined;
  const wrapLedger = (opened: LedgerPort): LedgerPort => (ledger = opened);
  const host = await createHost({ dataDir, http: false, settings, seatPlan, telemetry, wrapLedger });
  await host.start();
  const mix = new RequestMix(seed);
  return {
    host,
    ledger: ledger!,
    submit: () => host.submit(mix.next()),
    takeSeatTimes: () => {
      const taken = { ownLoop, threads };
      ownLoop = {};
      threads = {};
      return taken;
    },
    [Symbol.asyncDispose]: async () => {
      await host.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Telemetry that hears durations and nothing else. */
function heardTimes(
  onTime: (time: { name: string; elapsedMs: number; seat: string }) => void,
): NonNullable<HostConfig['telemetry']> {
  const nothing = (): void => undefined;
  return {
    log: nothing,
    count: nothing,
    gauge: nothing,
    time: (name, elapsedMs, labels) => onTime({ name, elapsedMs, seat: labels?.['seat'] ?? '' }),
    span: () => ({ traceparent: undefined, set: nothing, end: nothing }),
    flush: async () => undefined,
  };
}
