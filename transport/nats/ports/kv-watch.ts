/** Backlog of one watcher of a bucket: bounded by the number of keys. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { KvChange } from '../../../runtime/kernel/ports/kv.ts';

// Changes that wait for a slow watcher before older ones of the same key are folded into the newest.
const FOLD_AT = 10_000;

/** Takes changes as they come and gives them as they are asked for. */
export class KvWatch {
  #backlog: KvChange[] = [];
  readonly #first = new Map<string, KvChange>();
  #foldAt = FOLD_AT;
  /** Keys given while the first entries still come; undefined afterwards. */
  #initialKeys: Set<string> | undefined = new Set();
  /** Older versions come too: of the first entries only the newest of each key is given. */
  readonly #isFolded: boolean;
  #isEnded = false;
  #error: WitanError | undefined;
  #wake: (() => void) | undefined;

  constructor({ isFolded = false }: { readonly isFolded?: boolean } = {}) {
    this.#isFolded = isFolded;
  }

  push(change: KvChange): void {
    if (this.#isEnded) return;
    if (this.#isFolded && this.#initialKeys !== undefined) {
      this.#first.set(change.key, change);
      return;
    }
    // A marker of a key that was gone before the watch began is no change.
    if (change.value === undefined && this.#initialKeys?.has(change.key) === false) return;
    this.#initialKeys?.add(change.key);
    this.#backlog.push(change);
    if (this.#backlog.length > this.#foldAt) this.#fold();
    this.#wake?.();
  }

  /** What comes from now on are changes. */
  caughtUp(): void {
    this.#initialKeys = undefined;
    const entries = [...this.#first.values()].filter(({ value }) => value !== undefined);
    this.#first.clear();
    if (entries.length === 0) return;
    this.#backlog.push(...entries.sort((left, right) => left.revision - right.revision));
    this.#wake?.();
  }

  fail(error: WitanError): void {
    this.#error ??= error;
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Next change; undefined at the end. @throws what `fail` was given, after the backlog */
  async next(): Promise<KvChange | undefined> {
    while (!this.#isEnded && this.#backlog.length === 0 && !this.#error) {
      await new Promise<void>((wake) => (this.#wake = wake));
      this.#wake = undefined;
    }
    if (this.#isEnded) return undefined;
    const change = this.#backlog.shift();
    if (!change && this.#error) throw this.#error;
    return change;
  }

  #fold(): void {
    const newest = new Map<string, KvChange>();
    for (const change of this.#backlog) {
      newest.delete(change.key);
      newest.set(change.key, change);
    }
    this.#backlog = [...newest.values()];
    // With more keys than the bound, folding at each change would cost the square of their number.
    this.#foldAt = Math.max(FOLD_AT, this.#backlog.length * 2);
  }
}
