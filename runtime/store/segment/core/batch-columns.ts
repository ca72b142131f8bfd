/**
 * What is made of a batch besides its frames: 32 bytes for each entry in each column.
 *
 * Hashes lie on word boundaries and are copied as words: a view of the bytes for each would cost six times as
 * much.
 */
import type { TileHash } from './peaks.ts';

/** Bytes of a hash, and of each entry's place in a column. */
export const HASH_BYTES = 32;
/** Words of a hash. */
export const HASH_WORDS = 8;

/** Copies one hash; places are counted in words. */
export function copyHash(from: Int32Array, fromAt: number, to: Int32Array, toAt: number): void {
  for (let word = 0; word < HASH_WORDS; word += 1) to[toAt + word] = from[fromAt + word]!;
}

/** Leaf hashes, chain hashes and rows of a batch, in one piece of memory. */
export class BatchColumns {
  readonly leaves: Int32Array;
  readonly chains: Int32Array;
  readonly rows: Buffer;
  /** Hashes of higher tiles that became complete, in order. */
  readonly completed: TileHash[] = [];
  readonly #memory: ArrayBuffer;
  readonly #columnBytes: number;

  constructor(count: number) {
    this.#columnBytes = count * HASH_BYTES;
    this.#memory = new ArrayBuffer(3 * this.#columnBytes);
    this.leaves = new Int32Array(this.#memory, 0, count * HASH_WORDS);
    this.chains = new Int32Array(this.#memory, this.#columnBytes, count * HASH_WORDS);
    this.rows = Buffer.from(this.#memory, 2 * this.#columnBytes);
  }

  /** The columns of the first `count` entries: leaves, chains, rows. */
  first(count: number): { leaves: Uint8Array; chains: Uint8Array; rows: Uint8Array } {
    const column = (nth: number): Uint8Array =>
      new Uint8Array(this.#memory, nth * this.#columnBytes, count * HASH_BYTES);
    return { leaves: column(0), chains: column(1), rows: column(2) };
  }
}
