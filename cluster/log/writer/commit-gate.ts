/** Those who wait for entries to be acknowledged, in the order in which they came. */
import { WitanError } from '../../../contracts/errors.ts';

interface Waiting {
  readonly index: number;
  readonly sinceMs: number;
  readonly resolve: () => void;
  readonly reject: (error: WitanError) => void;
}

const MAX_WAITING = 65_536;
const COMPACT_AT = 1_024;

/** See the head of the file. */
export class CommitGate {
  #committed: number;
  #waiting: Waiting[] = [];
  #first = 0;
  #end: WitanError | undefined;

  constructor(committed: number) {
    this.#committed = committed;
  }

  /** Entries that are acknowledged. */
  get committed(): number {
    return this.#committed;
  }

  /** Those who wait. */
  get count(): number {
    return this.#waiting.length - this.#first;
  }

  /** Resolves when the entry is acknowledged. @throws overloaded, and what `reject` or `close` was given */
  until(index: number, nowMs: number): Promise<void> {
    if (this.#end) return Promise.reject(this.#end);
    if (index < this.#committed) return Promise.resolve();
    if (this.count >= MAX_WAITING)
      return Promise.reject(new WitanError('overloaded', 'too many entries wait', { retryAfterMs: 10 }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ index, sinceMs: nowMs, resolve, reject });
    });
  }

  /** The first `size` entries are acknowledged. Never goes back. */
  advance(size: number): void {
    this.#committed = Math.max(this.#committed, size);
    while (this.#first < this.#waiting.length) {
      const { index, resolve } = this.#waiting[this.#first]!;
      if (index >= this.#committed) break;
      this.#first += 1;
      resolve();
    }
    this.#compact();
  }

  /** Tells those who wait since before `beforeMs` that they will not be told. */
  reject(error: WitanError, beforeMs = Infinity): void {
    while (this.#first < this.#waiting.length) {
      const { sinceMs, reject } = this.#waiting[this.#first]!;
      if (sinceMs > beforeMs) break;
      this.#first += 1;
      reject(error);
    }
    this.#compact();
  }

  /** Nobody is told anything any more. */
  close(error: WitanError): void {
    this.#end ??= error;
    this.reject(error);
  }

  #compact(): void {
    if (this.#first < COMPACT_AT && this.#first < this.#waiting.length) return;
    this.#waiting.splice(0, this.#first);
    this.#first = 0;
  }
}
