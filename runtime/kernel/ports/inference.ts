/** Port: models by name. Texts go in, rows of numbers come out; where they run is the pool's affair. */
import type { Budget } from '../actor.ts';

/** Texts for one model. */
export interface InferenceRequest {
  /** `id`, `id@version`, or an alias. */
  readonly model: string;
  readonly texts: readonly string[];
  /** Decides whether a canary answers; the same id, the same version. Default: the texts themselves. */
  readonly requestId?: string;
}

/** One row for each text, in their order. */
export interface InferenceRows {
  /** `id@version#12 hex digits` of the model that answered. */
  readonly model: string;
  /** Execution provider that ran it (`cpu`, `cuda`, `webgpu`, `javascript`). */
  readonly provider: string;
  readonly rows: readonly Float32Array[];
  /** Where a canary answered: the version in use, which was asked too. */
  readonly compared?: { readonly model: string; readonly largestDifference: number };
}

/** Runs models within budgets; rows of several requests may share a batch. */
export interface InferencePort {
  /**
   * @throws not_found for an unknown model, invalid_argument and too_large for texts past its limits,
   *   overloaded when its queue is full, deadline_exceeded, unavailable while no worker runs
   */
  infer(request: InferenceRequest, budget: Budget): Promise<InferenceRows>;
}
