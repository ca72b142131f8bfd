/** The O(log n) state from which a growing tree's root follows: roots of its complete subtrees. */
import type { Sha256 } from './crypto.ts';
import { emptyRoot, nodeHash } from './merkle.ts';

/** Append-only tree that keeps one hash per set bit of its size. @source RFC 9162 §2.1.2 */
export class CompactRange {
  readonly #sha256: Sha256;
  /** Largest subtree first. */
  readonly #peaks: Uint8Array[] = [];
  #size = 0;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** Leaves appended so far. */
  get size(): number {
    return this.#size;
  }

  /** Appends a leaf hash (32 bytes, kept). Amortised O(1). */
  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.#peaks.pop()!, hash, this.#sha256);
    }
    this.#peaks.push(hash);
    this.#size += 1;
  }

  /** Root over all leaves: 32 bytes. O(log n). */
  root(): Uint8Array {
    const peaks = this.#peaks;
    if (peaks.length === 0) return emptyRoot(this.#sha256);
    let hash = peaks[peaks.length - 1]!;
    for (let at = peaks.length - 2; at >= 0; at -= 1) hash = nodeHash(peaks[at]!, hash, this.#sha256);
    return hash;
  }
}
