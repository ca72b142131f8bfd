/** What the node and a thread with a runner say to each other. */
import type { RowFault, RunnerInfo } from '../../../agents/inference/pool/runner-life.ts';
import type { Device, LoadedModel } from '../../../agents/inference/model-runner.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';

/** What a thread is started with. */
export interface InferenceWorkerData {
  readonly model: LoadedModel;
  readonly devices: readonly Device[];
  /** Two numbers of batches, written by the thread: {@link STARTED} and {@link FINISHED}. */
  readonly marks: SharedArrayBuffer;
}

/** Index of the latest batch that the thread has begun. */
export const STARTED = 0;
/** Index of the latest batch whose answer the thread has sent. */
export const FINISHED = 1;

/** To the thread: run these. */
export interface RunRequest {
  /** Counts from 1 in each life. */
  readonly batch: number;
  readonly texts: readonly string[];
  /** End of the longest budget on the process's time. */
  readonly untilMs: number;
}

/** To the node. */
export type FromInferenceThread =
  | { readonly type: 'probing'; readonly device: Device }
  | { readonly type: 'ready'; readonly info: RunnerInfo; readonly thread: string | null }
  /** No device runs the model. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'expired'; readonly batch: number }
  | {
      readonly type: 'rows';
      readonly batch: number;
      /** Rows one after the other; a fault's place holds zeros. */
      readonly values: Float32Array;
      /** By text; null where there is none at all. */
      readonly faults: readonly (RowFault | null)[] | null;
      readonly elapsedMs: number;
    };

/** Time of the process, ms, the same in each of its threads. */
export function processMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
