/** One life of a runner, from its start to its end: the same contract on a thread and in the own process. */
import type { ErrorCode, WitanError } from '../../../contracts/errors.ts';
import type { Device, LoadedModel } from '../model-runner.ts';

/** Estimate of what a text costs, made from the runner's own answers: `base + perCharacter × length`, capped. */
export interface CostLine {
  readonly base: number;
  readonly perCharacter: number;
  readonly max: number;
}

/** What a runner says of itself when it is ready. */
export interface RunnerInfo {
  readonly width: number;
  readonly provider: string;
  /** Why devices before the provider were passed over. */
  readonly passedOver: readonly string[];
  readonly cost: CostLine;
}

/** Texts that run together. */
export interface RunnerBatch {
  readonly texts: readonly string[];
  /** Time that the last of those who wait has left, ms. */
  readonly budgetMs: number;
}

/** Why one text got no row. */
export interface RowFault {
  readonly fault: ErrorCode;
  readonly message: string;
}

/** What became of a batch. */
export type BatchResult =
  | {
      readonly type: 'rows';
      /** By text. */
      readonly rows: readonly (Float32Array | RowFault)[];
      /** Time in the runner, ms. */
      readonly elapsedMs: number;
    }
  /** Its time was over before it began. */
  | { readonly type: 'expired' }
  /** The life ended. `wasRunning`: it was working on this batch then. */
  | { readonly type: 'ended'; readonly error: WitanError; readonly wasRunning: boolean };

/** How a life ended. */
export interface LifeEnd {
  readonly error: WitanError;
  /** The device that was being tried; undefined once the runner was ready, or none was tried. */
  readonly probing: Device | undefined;
}

/** A runner that lives. */
export interface RunnerLife {
  /** Resolves when it takes batches; stays open for one that ended before. Never rejects. */
  readonly ready: Promise<RunnerInfo>;
  /** Resolves when it is over, after every batch that it held; never rejects. */
  readonly ended: Promise<LifeEnd>;
  /** Runs a batch after those given before; never rejects. */
  run(batch: RunnerBatch): Promise<BatchResult>;
  /** Ends it where it stands; resolves when it is gone. Idempotent. */
  close(): Promise<void>;
}

/** Starts a life for a model; returns at once. */
export type StartLife = (model: LoadedModel, devices: readonly Device[]) => RunnerLife;

/** Cost of a text by such a line, at least 1. */
export function costBy({ base, perCharacter, max }: CostLine, text: string): number {
  return Math.max(1, Math.min(max, base + perCharacter * text.length));
}
