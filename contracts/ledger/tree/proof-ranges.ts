/** Which parts of a Merkle tree a proof names; what their hashes are is for the holder of the tree. */
import { WitanError } from '../../errors.ts';
import { splitPoint } from './merkle.ts';

/** Leaves `begin` to `end - 1`; `begin` is a multiple of the power of two that spans the range. */
export type LeafRange = readonly [begin: number, end: number];

/** Ranges of an audit path, leaf side first. @throws not_found outside the tree @source RFC 6962 §2.1.1 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!isIndex(index) || !isIndex(size) || index >= size) throw outOfTree(index, size);
  const ranges: LeafRange[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitPoint(end - begin);
    if (index < middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([begin, middle]);
      begin = middle;
    }
  }
  return ranges.reverse();
}

/**
 * Ranges of a proof that the tree of `toSize` extends that of `fromSize` (≥ 1).
 * @throws not_found outside the tree @source RFC 6962 §2.1.2
 */
export function consistencyRanges(fromSize: number, toSize: number): LeafRange[] {
  const isInside = isIndex(fromSize) && isIndex(toSize) && fromSize >= 1 && fromSize <= toSize;
  if (!isInside) throw outOfTree(fromSize, toSize);
  const ranges: LeafRange[] = [];
  let begin = 0;
  let end = toSize;
  while (end !== fromSize) {
    const middle = begin + splitPoint(end - begin);
    if (fromSize <= middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([begin, middle]);
      begin = middle;
    }
  }
  // The verifier knows the old root already when the old tree is one complete subtree from the left.
  if (begin > 0) ranges.push([begin, end]);
  return ranges.reverse();
}

/** The error for a leaf or a size that the tree does not have. */
export function outOfTree(asked: number, size: number): WitanError {
  return new WitanError('not_found', `${asked} lies outside the tree of ${size} leaves`, { asked, size });
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
