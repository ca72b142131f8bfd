/** Unwrapped data keys: a bounded number; a destroyed one is overwritten at once. */
import { LRUCache } from 'lru-cache';
import type { DataKey } from './envelope.ts';

const MAX_KEYS = 10_000;

/** Keys by id; the least used go first. */
export class DataKeyCache {
  readonly #keys = new LRUCache<string, DataKey>({ max: MAX_KEYS });

  /** A key that is here. */
  get(keyId: string): DataKey | undefined {
    return this.#keys.get(keyId);
  }

  /** Keeps a key and owns its bytes from now on. */
  add(key: DataKey): DataKey {
    this.#keys.set(key.keyId, key);
    return key;
  }

  /** Overwrites a key. */
  drop(keyId: string): void {
    this.#keys.peek(keyId)?.secret.fill(0);
    this.#keys.delete(keyId);
  }

  /** Overwrites all. */
  clear(): void {
    for (const key of this.#keys.values()) key.secret.fill(0);
    this.#keys.clear();
  }
}
