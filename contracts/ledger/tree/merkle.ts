/**
 * Merkle tree hashing and the verification of proofs.
 *
 * @source RFC 6962 §2.1 (hashes), RFC 9162 §2.1.3.2 and §2.1.4.2 (verification). Sizes and indices are exact
 * up to 2^53 - 1, so halving is done by division and not by bit operators.
 */
import { equalBytes } from '../bytes.ts';
import type { Sha256 } from '../crypto.ts';

const scratch = new Uint8Array(65);
scratch[0] = 1;

/** Root of the empty tree: SHA-256 of nothing. */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** Hash of a leaf: SHA-256 over 0x00 and the entry's bytes. @source RFC 6962 §2.1 */
export function leafHashOf(entry: Uint8Array, sha256: Sha256): Uint8Array {
  const prefixed = new Uint8Array(entry.length + 1);
  prefixed.set(entry, 1);
  return sha256(prefixed);
}

/** Hash of an inner node: SHA-256 over 0x01 and both children. @source RFC 6962 §2.1 */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  scratch.set(left, 1);
  scratch.set(right, 33);
  return sha256(scratch);
}

/** Largest power of two below `size` (≥ 2): where a subtree is split. */
export function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** What an inclusion proof claims. Hashes are 32 bytes. */
export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  /** Audit path, leaf side first. */
  readonly path: readonly Uint8Array[];
}

/** Whether the leaf stands at `index` of the tree with this size and root. @source RFC 9162 §2.1.3.2 */
export function verifyInclusion(claim: InclusionClaim, sha256: Sha256): boolean {
  const { index, size, path } = claim;
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([claim.leafHash, claim.root, ...path]))
    return false;
  let fn = index;
  let sn = size - 1;
  let hash = claim.leafHash;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash, sha256);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, half(sn)];
    } else {
      hash = nodeHash(hash, sibling, sha256);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(hash, claim.root);
}

/** What a consistency proof claims: the tree of `toSize` extends the one of `fromSize`. */
export interface ConsistencyClaim {
  /** At least 1: everything extends the empty tree, so a proof from it says nothing. */
  readonly fromSize: number;
  readonly toSize: number;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Whether the larger tree extends the smaller without change. @source RFC 9162 §2.1.4.2 */
export function verifyConsistency(claim: ConsistencyClaim, sha256: Sha256): boolean {
  const { fromSize, toSize, fromRoot, toRoot } = claim;
  if (!isSize(fromSize) || !isSize(toSize) || fromSize < 1 || fromSize > toSize) return false;
  if (!areHashes([fromRoot, toRoot, ...claim.path])) return false;
  if (fromSize === toSize) return claim.path.length === 0 && equalBytes(fromRoot, toRoot);
  if (claim.path.length === 0) return false;
  const path = isPowerOfTwo(fromSize) ? [fromRoot, ...claim.path] : claim.path;
  let fn = fromSize - 1;
  let sn = toSize - 1;
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let fromHash = path[0]!;
  let toHash = path[0]!;
  for (const sibling of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fromHash = nodeHash(sibling, fromHash, sha256);
      toHash = nodeHash(sibling, toHash, sha256);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, half(sn)];
    } else {
      toHash = nodeHash(toHash, sibling, sha256);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(fromHash, fromRoot) && equalBytes(toHash, toRoot);
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isPowerOfTwo(value: number): boolean {
  return value === 1 || splitPoint(value) * 2 === value;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === 32);
}
