/** The inference port with names resolved: operator's choices, canaries, and what came of each request. */
import { hash } from 'node:crypto';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';
import { versionName } from '../../../contracts/messages/models/signing.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';
import type {
  InferencePort,
  InferenceRequest,
  InferenceRows,
} from '../../../runtime/kernel/ports/inference.ts';
import type { ModelEntry } from './catalogue.ts';
import { largestBetween } from './choice/comparison.ts';
import type { ModelRegistry } from './model-registry.ts';

/** Codes that say something of the load or of the caller, and nothing of the model. */
const NOT_OF_THE_MODEL: ReadonlySet<ErrorCode> = new Set([
  'overloaded',
  'rate_limited',
  'quota_exceeded',
  'mailbox_full',
  'deadline_exceeded',
  'cancelled',
  'stopped',
  'invalid_argument',
  'too_large',
]);

/** Asks pools for exact versions (`id@version`), on behalf of callers who name a model. */
export class ServedInference implements InferencePort {
  readonly #registry: ModelRegistry;
  readonly #pools: InferencePort;

  constructor(registry: ModelRegistry, pools: InferencePort) {
    this.#registry = registry;
    this.#pools = pools;
  }

  /**
   * Where a canary answers, the version in use is asked beside it, within the same budget: the answer names
   * both, and the version in use stands in where the canary fails.
   */
  async infer(request: InferenceRequest, budget: Budget): Promise<InferenceRows> {
    const { texts, requestId = digestOf(texts) } = request;
    const { entry, compareWith } = this.#registry.pick(request.model, requestId);
    if (!compareWith) return this.#ask(entry, request, budget);
    const [canary, inUse] = await Promise.allSettled([
      this.#ask(entry, request, budget),
      this.#ask(compareWith, request, budget),
    ]);
    if (inUse.status === 'rejected') {
      // The canary answers alone then, and nothing is compared.
      if (canary.status === 'rejected') throw inUse.reason;
      return canary.value;
    }
    const rows = canary.status === 'fulfilled' ? canary.value.rows : undefined;
    const fits = rows && isComparable(rows, inUse.value.rows);
    if (rows && !fits) this.#registry.note(versionName(entry.place), 'refused');
    const isOwnFault = canary.status === 'fulfilled' ? !fits : isOfTheModel(canary.reason);
    if (fits || isOwnFault) this.#registry.noteCompared(entry, fits ? rows : undefined, inUse.value.rows);
    if (!fits || canary.status === 'rejected') return inUse.value;
    const differences = rows.map((row, at) => largestBetween(row, inUse.value.rows[at]!));
    const largestDifference = differences.reduce((most, one) => Math.max(most, one), 0);
    return { ...canary.value, compared: { model: inUse.value.model, largestDifference } };
  }

  async #ask(entry: ModelEntry, { texts }: InferenceRequest, budget: Budget): Promise<InferenceRows> {
    const model = versionName(entry.place);
    try {
      const rows = await this.#pools.infer({ model, texts }, budget);
      this.#registry.note(model, 'answered');
      return rows;
    } catch (error) {
      if (isOfTheModel(error))
        this.#registry.note(model, toWitanError(error).code === 'crashed' ? 'crashed' : 'refused');
      throw error;
    }
  }
}

function isOfTheModel(error: unknown): boolean {
  return !(error instanceof WitanError && NOT_OF_THE_MODEL.has(error.code));
}

/** Rows of another width, or with what is no number, would be read wrongly by who asked. */
function isComparable(canary: readonly Float32Array[], inUse: readonly Float32Array[]): boolean {
  return (
    canary.length === inUse.length &&
    canary.every((row, at) => Number.isFinite(largestBetween(row, inUse[at]!)))
  );
}

function digestOf(texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts));
}
