/** A pool's view of one worker: what it holds and how its lives went. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { FreeWorker } from './batcher.ts';
import type { InferenceRow } from './inference-call.ts';
import type { RunnerInfo } from './runner-life.ts';

/** One worker, life after life. */
export class WorkerSlot implements FreeWorker {
  freeSinceMs = 0;
  lastRowCount = 0;
  /** Why the latest life never became ready; undefined: it did, or may. */
  failure: WitanError | undefined;
  /** Whether the present life has answered a batch. */
  hasAnswered = false;
  info: RunnerInfo | undefined;
  #stage: 'starting' | 'ready' | 'ending' = 'starting';
  readonly #held = new Map<number, readonly InferenceRow[]>();

  /** Whether it takes batches. */
  get isReady(): boolean {
    return this.#stage === 'ready';
  }

  get heldCount(): number {
    return this.#held.size;
  }

  get heldRows(): number {
    let count = 0;
    for (const rows of this.#held.values()) count += rows.length;
    return count;
  }

  get provider(): string {
    return this.info?.provider ?? 'none';
  }

  becameReady(info: RunnerInfo, nowMs: number): void {
    this.info = info;
    this.#stage = 'ready';
    this.failure = undefined;
    this.hasAnswered = false;
    this.lastRowCount = 0;
    this.freeSinceMs = nowMs;
  }

  /** A batch came back unanswered: the end itself is told of soon. */
  isEnding(): void {
    if (this.#stage === 'ready') this.#stage = 'ending';
  }

  /** @param error Undefined where the next life will do what this one could not. */
  hasEnded(error: WitanError | undefined): void {
    if (this.#stage === 'starting') this.failure = error;
    this.#stage = 'starting';
  }

  given(batch: number, rows: readonly InferenceRow[]): void {
    this.#held.set(batch, rows);
  }

  /** Takes a batch back that the worker is done with; undefined where it held none of that number. */
  taken(batch: number, nowMs: number): readonly InferenceRow[] | undefined {
    const rows = this.#held.get(batch);
    if (!rows) return undefined;
    this.#held.delete(batch);
    this.lastRowCount = rows.length;
    this.freeSinceMs = nowMs;
    return rows;
  }
}
