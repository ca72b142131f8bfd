/** The right edge of a growing Merkle tree without an object per hash: what the core of a log keeps of it. */
import { hash } from 'node:crypto';
import { TILE_HEIGHT } from '../../../../contracts/ledger/tree/tile-tree.ts';

/** A hash of a level above the leaves that tiles hold, complete since the last append. */
export interface TileHash {
  /** From 1; it covers 256^level leaves. */
  readonly level: number;
  readonly hash: Uint8Array;
}

const HASH_BYTES = 32;
const MAX_PEAKS = 53;

/** Roots of the complete subtrees that make up the tree, largest first. @source RFC 9162 §2.1.2 */
export class Peaks {
  #size: number;
  #count: number;
  readonly #stack = Buffer.alloc(MAX_PEAKS * HASH_BYTES);
  // 0x01, left, right: the input of an inner node's hash.
  readonly #node = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

  /** `peaks`: as many as `size` has bits set, largest subtree first. */
  constructor(size: number, peaks: readonly Uint8Array[]) {
    this.#size = size;
    this.#count = peaks.length;
    peaks.forEach((peak, at) => this.#stack.set(peak, at * HASH_BYTES));
  }

  /** Leaves of the tree. */
  get size(): number {
    return this.#size;
  }

  /** Becomes what `other` is. */
  copyFrom(other: Peaks): void {
    this.#size = other.#size;
    this.#count = other.#count;
    other.#stack.copy(this.#stack, 0, 0, other.#count * HASH_BYTES);
  }

  /** Takes up the leaf whose hash lies at `at`; what became complete above it is added to `completed`. */
  append(leaves: Buffer, at: number, completed: TileHash[]): void {
    const node = this.#node;
    leaves.copy(node, 1 + HASH_BYTES, at, at + HASH_BYTES);
    let height = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      this.#count -= 1;
      this.#join(this.#count);
      height += 1;
      if (height % TILE_HEIGHT !== 0) continue;
      const tileHash = Uint8Array.prototype.slice.call(node, 1 + HASH_BYTES);
      completed.push({ level: height / TILE_HEIGHT, hash: tileHash });
    }
    node.copy(this.#stack, this.#count * HASH_BYTES, 1 + HASH_BYTES);
    this.#count += 1;
    this.#size += 1;
  }

  /** The peaks, largest first: 32 bytes each. */
  hashes(): Uint8Array[] {
    return Array.from({ length: this.#count }, (_, at) =>
      Uint8Array.prototype.slice.call(this.#stack, at * HASH_BYTES, (at + 1) * HASH_BYTES),
    );
  }

  /** Root over all leaves: 32 bytes. O(log n). */
  root(): Uint8Array {
    if (this.#count === 0) return hash('sha256', '', 'buffer');
    const node = this.#node;
    this.#stack.copy(node, 1 + HASH_BYTES, (this.#count - 1) * HASH_BYTES, this.#count * HASH_BYTES);
    for (let at = this.#count - 2; at >= 0; at -= 1) this.#join(at);
    return Uint8Array.prototype.slice.call(node, 1 + HASH_BYTES);
  }

  /** Puts the peak at `place` to the left of what lies on the right, and their node's hash to the right. */
  #join(place: number): void {
    const node = this.#node;
    this.#stack.copy(node, 1, place * HASH_BYTES, (place + 1) * HASH_BYTES);
    node.write(hash('sha256', node, 'binary'), 1 + HASH_BYTES, HASH_BYTES, 'latin1');
  }
}
