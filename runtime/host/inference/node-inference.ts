/** The inference pools of a node, as its settings say. */
import type { LoadedModel } from '../../../agents/inference/model-runner.ts';
import { InferencePools } from '../../../agents/inference/pool/inference-pools.ts';
import type { ModelLookup } from '../../../agents/inference/pool/inference-pools.ts';
import type { PoolOptions } from '../../../agents/inference/pool/pool-actor.ts';
import type { StartLife } from '../../../agents/inference/pool/runner-life.ts';
import type { Settings } from '../../../config/schema.ts';
import { createBudget } from '../../kernel/budget.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { threadLives } from './thread-life.ts';

/** What pools of a node are made from. */
export interface NodeInferenceParts {
  readonly settings: Pick<Settings, 'inference' | 'actors'>;
  readonly system: ActorSystem;
  readonly telemetry?: TelemetryPort | undefined;
  /** `id@version` to a model whose files were checked. */
  readonly lookup: ModelLookup;
}

/** Pools on threads; none is started, and no runtime loaded, before a model is asked for or warmed. */
export function nodeInference({ settings, system, telemetry, lookup }: NodeInferenceParts): InferencePools {
  const { hangMs, startMs } = settings.inference;
  const entry = { name: 'inference-worker', beside: import.meta.url };
  const startLife = threadLives({ clock: system.clock, entry, hangMs, startMs });
  const poolOptions = (model: LoadedModel) => poolOptionsOf(settings, { model, startLife, telemetry });
  return new InferencePools({ system, lookup, poolOptions });
}

/** Starts the pools that `inference.warm` names; resolves when each is ready or has failed, never rejects. */
export async function warmPools(
  pools: InferencePools,
  { settings, system, telemetry }: NodeInferenceParts,
): Promise<void> {
  const { warm, startMs } = settings.inference;
  if (warm.length === 0) return;
  const budget = createBudget(system.clock, startMs);
  const failures = await pools.warm(warm, budget);
  budget.release();
  for (const { model, error } of failures)
    telemetry?.log('error', '/inference', 'a model could not be warmed', { model, error: error.message });
}

function poolOptionsOf(
  { inference, actors }: NodeInferenceParts['settings'],
  {
    model,
    startLife,
    telemetry,
  }: { model: LoadedModel; startLife: StartLife; telemetry: TelemetryPort | undefined },
): Omit<PoolOptions, 'model'> {
  const { batchRowMaxCount, gpuBatchRowMaxCount, batchCostMax: costMax, batchWaitMs: waitMs } = inference;
  return {
    startLife,
    telemetry,
    workerCount: inference.workerCounts[model.manifest.id] ?? inference.workerCount,
    devices: inference.devices,
    limits: { rowMaxCount: batchRowMaxCount, costMax, waitMs },
    gpuLimits: {
      rowMaxCount: gpuBatchRowMaxCount,
      costMax: Math.ceil((costMax * gpuBatchRowMaxCount) / batchRowMaxCount),
      waitMs,
    },
    queueRowMax: inference.waitingTextMaxCount,
    queueCharacterMax: inference.waitingCharacterMax,
    backoff: { firstMs: actors.backoffMinMs, maxMs: actors.backoffMaxMs },
  };
}
