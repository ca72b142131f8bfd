/** Pools for tests, on threads and in the own process. */
import { inProcessLives } from '../../../agents/inference/pool/in-process-life.ts';
import { InferencePools } from '../../../agents/inference/pool/inference-pools.ts';
import type { PoolSettings } from '../../../agents/inference/pool/pool-state.ts';
import type { StartLife } from '../../../agents/inference/pool/runner-life.ts';
import type { LoadedModel } from '../../../agents/inference/model-runner.ts';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { threadLives } from '../../../runtime/host/inference/thread-life.ts';
import { createBudget } from '../../../runtime/kernel/budget.ts';
import { start, SystemClock } from '../../../runtime/kernel/index.ts';
import type { ActorSystem } from '../../../runtime/kernel/index.ts';
import { MemoryTelemetry } from '../../../runtime/telemetry/memory-telemetry.ts';
import { openTold } from './told-runner.ts';

/** The process's clock. */
export const clock = new SystemClock();

/** Processor time after which a batch hangs: more than any other batch of a test. */
const HANG_MS = 400;

/** Both kinds of lives: the same tests are run against each. */
export const LIVES: Readonly<Record<string, StartLife>> = {
  'in process': inProcessLives({
    clock,
    hangMs: HANG_MS,
    open: (end) => openTold(() => end(new WitanError('unavailable', 'the runner crashed')), forEver),
  }),
  'on a thread': threadLives({
    clock,
    entry: { name: 'told-worker', beside: import.meta.url },
    hangMs: HANG_MS,
    startMs: 60_000,
  }),
};

function forEver(): Promise<never> {
  return new Promise(() => undefined);
}

/** Open pools of some models. */
export interface OpenPools extends AsyncDisposable {
  readonly system: ActorSystem;
  readonly pools: InferencePools;
  readonly telemetry: MemoryTelemetry;
  /** Rows of the texts, or the code of the refusal. */
  ask(model: LoadedModel, texts: readonly string[], ms?: number): Promise<readonly number[][] | string>;
}

/** Pools for these models, by their ids and refs, closed when disposed. */
export function openPools(
  startLife: StartLife,
  models: readonly LoadedModel[],
  settings: Partial<PoolSettings> = {},
): OpenPools {
  const telemetry = new MemoryTelemetry(clock);
  const system = start({ telemetry });
  const pools = new InferencePools({
    system,
    lookup: (name) => models.find(({ ref, manifest }) => name === ref || name === manifest.id),
    replacedIdleMs: 20,
    poolOptions: () => ({
      workerCount: 1,
      limits: { rowMaxCount: 8, costMax: 4_096, waitMs: 1 },
      queueRowMax: 64,
      queueCharacterMax: 100_000,
      devices: ['cpu'],
      startLife,
      telemetry,
      backoff: { firstMs: 1, maxMs: 20 },
      ...settings,
    }),
  });
  return {
    system,
    pools,
    telemetry,
    async ask(model, texts, ms = 600_000) {
      const budget = createBudget(clock, ms);
      try {
        const { rows } = await pools.infer({ model: model.ref, texts }, budget);
        return rows.map((row) => [...row]);
      } catch (error) {
        return toWitanError(error).code;
      } finally {
        budget.release();
      }
    },
    async [Symbol.asyncDispose]() {
      await pools.close(0);
      await system.stop({ graceMs: 0 });
    },
  };
}
