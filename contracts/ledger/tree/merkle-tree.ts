/** Merkle tree that keeps the hash of every complete subtree, so that any proof costs O(log² n) look-ups. */
import { WitanError } from '../../errors.ts';
import type { Sha256 } from '../crypto.ts';
import { emptyRoot, nodeHash, splitPoint } from './merkle.ts';
import { TILE_HEIGHT, TILE_WIDTH } from './tile-tree.ts';
import { consistencyRanges, inclusionRanges, outOfTree } from './proof-ranges.ts';

/**
 * Append-only tree over leaf hashes; gives root and proofs of itself at any size it ever had.
 * Memory: 64 bytes per leaf.
 * @source RFC 6962 §2.1
 */
export class MerkleTree {
  readonly #sha256: Sha256;
  /** Level 0 holds leaves, level k the roots of complete subtrees of 2^k leaves. */
  readonly #levels: HashList[] = [];

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** Leaves appended so far. */
  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  /** Appends a leaf hash (32 bytes, copied). Amortised O(1). */
  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    for (let level = 0; ; level += 1) {
      const list = (this.#levels[level] ??= new HashList());
      list.push(hash);
      if (list.length % 2 === 1) return;
      hash = nodeHash(list.get(list.length - 2), hash, this.#sha256);
    }
  }

  /** Hash of one leaf: 32 bytes. @throws not_found */
  leaf(index: number): Uint8Array {
    this.#check(index, index + 1);
    return this.#levels[0]!.get(index).slice();
  }

  /** Root over the first `size` leaves (default all): 32 bytes. O(log n). @throws not_found */
  root(size: number = this.size): Uint8Array {
    this.#check(0, size);
    return size === 0 ? emptyRoot(this.#sha256) : this.#range(0, size).slice();
  }

  /**
   * Audit path of a leaf in the tree of `size` leaves, leaf side first. @throws not_found @source RFC 6962
   * §2.1.1
   */
  inclusionProof(index: number, size: number = this.size): Uint8Array[] {
    const ranges = inclusionRanges(index, size);
    this.#check(index, size);
    return ranges.map(([begin, end]) => this.#range(begin, end).slice());
  }

  /**
   * Proof that the tree of `toSize` extends that of `fromSize` (≥ 1). @throws not_found @source RFC 6962
   * §2.1.2
   */
  consistencyProof(fromSize: number, toSize: number = this.size): Uint8Array[] {
    const ranges = consistencyRanges(fromSize, toSize);
    this.#check(fromSize, toSize);
    return ranges.map(([begin, end]) => this.#range(begin, end).slice());
  }

  /**
   * Hash tile: `width` (1–256) hashes side by side, 32 bytes each; at level L each covers 256^L leaves.
   * @throws not_found when the tree does not fill it @source C2SP tlog-tiles
   */
  tile(level: number, index: number, width: number): Uint8Array {
    const first = index * TILE_WIDTH;
    const counts = [level, index, width].every((value) => Number.isSafeInteger(value) && value >= 0);
    const list = counts && level < 8 ? this.#levels[level * TILE_HEIGHT] : undefined;
    if (!list || width < 1 || width > TILE_WIDTH || first + width > list.length) {
      const details = { level, index, width, size: this.size };
      throw new WitanError('not_found', 'the tree does not fill the tile', details);
    }
    const tile = new Uint8Array(width * 32);
    for (let at = 0; at < width; at += 1) tile.set(list.get(first + at), at * 32);
    return tile;
  }

  /** `begin` is aligned to the power of two that spans the range, as the splits above leave it. */
  #range(begin: number, end: number): Uint8Array {
    const count = end - begin;
    const level = Math.log2(count);
    if (Number.isInteger(level)) return this.#levels[level]!.get(begin / count);
    const middle = begin + splitPoint(count);
    return nodeHash(this.#range(begin, middle), this.#range(middle, end), this.#sha256);
  }

  #check(from: number, to: number): void {
    const safe = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0;
    if (!safe || to > this.size) throw outOfTree(to, this.size);
  }
}

const CHUNK_HASHES = 4_096;

/** Growing list of 32-byte hashes without an object per hash. */
class HashList {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(hash: Uint8Array): void {
    const at = this.#length % CHUNK_HASHES;
    const last = Math.floor(this.#length / CHUNK_HASHES);
    let chunk = this.#chunks[last];
    if (!chunk || at * 32 === chunk.length) chunk = this.#grow(last, chunk);
    chunk.set(hash, at * 32);
    this.#length += 1;
  }

  get(index: number): Uint8Array {
    const at = (index % CHUNK_HASHES) * 32;
    return this.#chunks[Math.floor(index / CHUNK_HASHES)]!.subarray(at, at + 32);
  }

  // The first chunk starts small: a simulator holds thousands of short logs.
  #grow(index: number, old: Uint8Array | undefined): Uint8Array {
    const hashes = old ? (old.length / 32) * 2 : index === 0 ? 16 : CHUNK_HASHES;
    const chunk = new Uint8Array(hashes * 32);
    if (old) chunk.set(old);
    this.#chunks[index] = chunk;
    return chunk;
  }
}
