/** What operators see of a pool. */
import type { LoadedModel } from '../model-runner.ts';
import type { PoolStatus } from './pool-messages.ts';
import { GPU_PROVIDERS } from './pool-state.ts';
import type { PoolState } from './pool-state.ts';

/** Which device runs a pool, and why others do not. */
export function deviceLine(pool: PoolState): {
  readonly provider: string | null;
  readonly passedOver: readonly string[];
  readonly device: string;
} {
  const info = pool.workers.find((worker) => worker.info !== undefined)?.info;
  const provider = info?.provider ?? null;
  const passedOver = [...pool.givenUp, ...(info?.passedOver ?? [])];
  const device =
    provider !== null && GPU_PROVIDERS.includes(provider)
      ? `asked the provider ${provider} to run it`
      : 'not run on a GPU';
  return { provider, passedOver, device };
}

/** Figures of this moment. */
export function statusOf(pool: PoolState, model: LoadedModel, path: string): PoolStatus {
  const { figures, workers } = pool;
  const failure = pool.failure();
  const isStarting = workers.every((worker) => worker.info === undefined);
  const state = pool.isDraining ? 'draining' : failure ? 'failed' : isStarting ? 'starting' : 'ready';
  return {
    model: model.ref,
    path,
    state,
    failure: failure?.message ?? null,
    ...deviceLine(pool),
    workerCount: workers.length,
    readyCount: workers.filter((worker) => worker.isReady).length,
    queuedRows: pool.queuedRows,
    runningRows: workers.reduce((sum, worker) => sum + worker.heldRows, 0),
    rows: figures.rows,
    batches: figures.batches,
    meanBatchRows: figures.batches === 0 ? 0 : figures.rows / figures.batches,
    ...figures.recent(pool.nowMs),
    restarts: figures.restarts,
    refused: { ...figures.refused },
  };
}
