/** The O(log n) state from which a growing tree's root follows: roots of its complete subtrees. */
import { WitanError } from '../../errors.ts';
import type { Sha256 } from '../crypto.ts';
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

  /**
   * Goes on where another range was: `peaks` are the roots of its complete subtrees, largest first.
   * @throws invalid_argument when there are not as many as its size has bits
   */
  static resume(sha256: Sha256, size: number, peaks: readonly Uint8Array[]): CompactRange {
    const range = new CompactRange(sha256);
    let bitCount = 0;
    for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bitCount += rest % 2;
    if (peaks.length !== bitCount || peaks.some((peak) => peak.length !== 32)) {
      const details = { path: 'peaks', expected: `${bitCount} hashes of 32 bytes` };
      throw new WitanError('invalid_argument', `not the peaks of a tree of ${size} leaves`, details);
    }
    range.#peaks.push(...peaks);
    range.#size = size;
    return range;
  }

  /** Roots of the complete subtrees, largest first: from these the range can be resumed. */
  get peaks(): readonly Uint8Array[] {
    return [...this.#peaks];
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
