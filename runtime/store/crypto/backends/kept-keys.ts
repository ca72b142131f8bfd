/** Public keys as OpenSSL holds them: reading one takes longer than a verification with it. */
import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A roster's worth of keys, and room for others; the largest take 3 kB. */
const MAX_KEYS = 256;

/** Keys of one algorithm by their raw form; the least used go first. */
export class KeptKeys {
  readonly #keys = new LRUCache<string, KeyObject>({ max: MAX_KEYS });
  readonly #read: (publicKey: Uint8Array) => KeyObject;

  /** @param read makes a key of its raw form; what it throws is not kept */
  constructor(read: (publicKey: Uint8Array) => KeyObject) {
    this.#read = read;
  }

  /** Key of a raw form. @throws whatever the reader throws */
  get(publicKey: Uint8Array): KeyObject {
    const { buffer, byteOffset, length } = publicKey;
    const name = Buffer.from(buffer, byteOffset, length).toString('latin1');
    const kept = this.#keys.get(name);
    if (kept) return kept;
    const made = this.#read(publicKey);
    this.#keys.set(name, made);
    return made;
  }
}
