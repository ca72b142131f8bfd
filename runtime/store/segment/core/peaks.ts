/** The right edge of a growing Merkle tree without an object per hash: what the core of a log keeps of it. */
import { hash } from 'node:crypto';
import { TILE_HEIGHT } from '../../../../contracts/ledger/tree/tile-tree.ts';
import { copyHash, HASH_BYTES, HASH_WORDS } from './batch-columns.ts';

/** A hash of a level above the leaves that tiles hold, complete since the last append. */
export interface TileHash {
  /** From 1; it covers 256^level leaves. */
  readonly level: number;
  readonly hash: Uint8Array;
}

const MAX_PEAKS = 53;
/** Before the hashes of a node: three bytes that only keep these on word boundaries, then its prefix. */
const NODE_PREFIX_BYTES = 4;
/** Places of a node's two hashes, in words. */
const LEFT = 1;
const RIGHT = LEFT + HASH_WORDS;

/** Roots of the complete subtrees that make up the tree, largest first. @source RFC 9162 §2.1.2 */
export class Peaks {
  #size: number;
  #count: number;
  readonly #stack = new Int32Array(MAX_PEAKS * HASH_WORDS);
  readonly #nodeBytes = Buffer.alloc(NODE_PREFIX_BYTES + 2 * HASH_BYTES, 1);
  readonly #node = new Int32Array(
    this.#nodeBytes.buffer,
    this.#nodeBytes.byteOffset,
    this.#nodeBytes.length / 4,
  );
  // 0x01, left, right: the input of an inner node's hash.
  readonly #nodeInput = this.#nodeBytes.subarray(NODE_PREFIX_BYTES - 1);
  readonly #right = this.#nodeBytes.subarray(RIGHT * 4);

  /** `peaks`: as many as `size` has bits set, largest subtree first. */
  constructor(size: number, peaks: readonly Uint8Array[]) {
    this.#size = size;
    this.#count = peaks.length;
    const bytes = new Uint8Array(this.#stack.buffer);
    peaks.forEach((peak, at) => bytes.set(peak, at * HASH_BYTES));
  }

  /** Leaves of the tree. */
  get size(): number {
    return this.#size;
  }

  /** Becomes what `other` is. */
  copyFrom(other: Peaks): void {
    this.#size = other.#size;
    this.#count = other.#count;
    this.#stack.set(other.#stack);
  }

  /** Takes up the leaf whose hash begins at the word `at`; what it completes above goes to `completed`. */
  append(leaves: Int32Array, at: number, completed: TileHash[]): void {
    copyHash(leaves, at, this.#node, RIGHT);
    let height = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      this.#count -= 1;
      this.#join(this.#count);
      height += 1;
      if (height % TILE_HEIGHT !== 0) continue;
      completed.push({ level: height / TILE_HEIGHT, hash: this.#takeRight() });
    }
    copyHash(this.#node, RIGHT, this.#stack, this.#count * HASH_WORDS);
    this.#count += 1;
    this.#size += 1;
  }

  /** The peaks, largest first: 32 bytes each. */
  hashes(): Uint8Array[] {
    const bytes = new Uint8Array(this.#stack.buffer);
    return Array.from({ length: this.#count }, (_, at) =>
      bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    );
  }

  /** Root over all leaves: 32 bytes. O(log n). */
  root(): Uint8Array {
    if (this.#count === 0) return hash('sha256', '', 'buffer');
    copyHash(this.#stack, (this.#count - 1) * HASH_WORDS, this.#node, RIGHT);
    for (let at = this.#count - 2; at >= 0; at -= 1) this.#join(at);
    return this.#takeRight();
  }

  /** Puts the peak at `place` to the left of what lies on the right, and their node's hash to the right. */
  #join(place: number): void {
    copyHash(this.#stack, place * HASH_WORDS, this.#node, LEFT);
    this.#right.write(hash('sha256', this.#nodeInput, 'binary'), 'latin1');
  }

  #takeRight(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#right);
  }
}
