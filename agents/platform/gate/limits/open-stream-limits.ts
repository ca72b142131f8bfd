/** Streams that one caller and one address hold open at this node. */
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';

/** Who holds a stream; undefined: not counted. */
export interface StreamHolder {
  readonly caller: string | undefined;
  readonly address: string | undefined;
}

const RETRY_MS = 5_000;

/** Counts; what holds nothing is forgotten. O(1). */
export class OpenStreamLimits {
  readonly #maxCounts: { readonly caller: number; readonly address: number };
  readonly #counts = new Map<string, number>();

  constructor({
    callerStreamMaxCount: caller,
    addressStreamMaxCount: address,
  }: Pick<Settings['admission'], 'callerStreamMaxCount' | 'addressStreamMaxCount'>) {
    this.#maxCounts = { caller, address };
  }

  /** Callers and addresses that hold a stream. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts a stream in; the function that it gives counts it out, once. @throws rate_limited */
  enter({ caller, address }: StreamHolder): () => void {
    const keys: string[] = [];
    if (caller !== undefined) keys.push(this.#checked(`caller ${caller}`, this.#maxCounts.caller, 'caller'));
    if (address !== undefined) {
      keys.push(this.#checked(`address ${address}`, this.#maxCounts.address, 'address'));
    }
    for (const key of keys) this.#counts.set(key, this.#countOf(key) + 1);
    return () => {
      for (const key of keys.splice(0)) {
        const count = this.#countOf(key) - 1;
        if (count > 0) this.#counts.set(key, count);
        else this.#counts.delete(key);
      }
    };
  }

  #checked(key: string, limit: number, holder: keyof StreamHolder): string {
    if (this.#countOf(key) < limit) return key;
    throw new WitanError('rate_limited', `this ${holder} holds too many streams open`, {
      retryAfterMs: RETRY_MS,
      limit,
      holder,
    });
  }

  #countOf(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
