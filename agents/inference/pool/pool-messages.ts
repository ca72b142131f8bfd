/** What goes to a pool of a model and to its workers, and what comes back. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { ActorRef } from '../../../runtime/kernel/ref.ts';
import type { BatchResult, LifeEnd, RunnerBatch, RunnerInfo, RunnerLife } from './runner-life.ts';

/** What a pool answers to `infer`. */
export type InferReply =
  | { readonly type: 'rows'; readonly provider: string; readonly rows: readonly Float32Array[] }
  | { readonly type: 'refused'; readonly error: WitanError };

/** Figures of one pool, for operators. */
export interface PoolStatus {
  /** `id@version#12 hex digits`. */
  readonly model: string;
  readonly path: string;
  /** `starting`: no worker has been ready yet. `failed`: no worker can be started; `failure` says why. */
  readonly state: 'starting' | 'ready' | 'failed' | 'draining';
  readonly failure: string | null;
  /** Null until a worker is ready. */
  readonly provider: string | null;
  readonly passedOver: readonly string[];
  /** What an operator should know of the device: `not run on a GPU`, or the provider that it runs on. */
  readonly device: string;
  readonly workerCount: number;
  readonly readyCount: number;
  readonly queuedRows: number;
  readonly runningRows: number;
  /** Since the pool started. */
  readonly rows: number;
  readonly batches: number;
  readonly meanBatchRows: number;
  /** Of the last one or two minutes; from acceptance to answer. */
  readonly rowsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Workers that ended and were started anew. */
  readonly restarts: number;
  /** Requests that were refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

/** What a pool takes. */
export type PoolMessage =
  | {
      readonly type: 'infer';
      /** Names the request for `cancel`; unique among those that are open. */
      readonly id: number;
      readonly texts: readonly string[];
      /** Time left when sent, ms. */
      readonly budgetMs: number;
      readonly replyTo: ActorRef<InferReply>;
    }
  /** Nobody waits for the request any more; it is answered with `error`. */
  | { readonly type: 'cancel'; readonly id: number; readonly error: WitanError }
  | { readonly type: 'status'; readonly replyTo: ActorRef<PoolStatus> }
  /** Takes no more requests; answered when the last one has been answered. */
  | { readonly type: 'drain'; readonly replyTo: ActorRef<'drained'> }
  | FromWorker
  | { readonly type: 'wake' };

/** What a worker tells its pool. */
export type FromWorker =
  | { readonly type: 'worker-ready'; readonly index: number; readonly info: RunnerInfo }
  | {
      readonly type: 'worker-answered';
      readonly index: number;
      readonly batch: number;
      readonly result: BatchResult;
    }
  | { readonly type: 'worker-ended'; readonly index: number; readonly end: LifeEnd };

/** What a worker takes. `life` tells an earlier life's news from those of the present one. */
export type WorkerMessage =
  | { readonly type: 'run'; readonly number: number; readonly batch: RunnerBatch }
  | { readonly type: 'opened'; readonly life: RunnerLife; readonly info: RunnerInfo }
  | { readonly type: 'ran'; readonly life: RunnerLife; readonly number: number; readonly result: BatchResult }
  | { readonly type: 'ended'; readonly life: RunnerLife; readonly end: LifeEnd };
