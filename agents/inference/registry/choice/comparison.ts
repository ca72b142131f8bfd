/** How far the answers of two versions lie apart: pure sums, so that any number of requests costs the same. */

/** Sums over compared requests. */
export interface ComparisonSums {
  readonly textCount: number;
  readonly differenceSum: number;
  readonly largestDifference: number;
  /** Texts on which a model of one number falls on the other side of one half. */
  readonly flipCount: number;
  /** Requests that the canary refused, and the version in use answered. */
  readonly failedCount: number;
}

/** Nothing compared yet. */
export const NOTHING_COMPARED: ComparisonSums = {
  textCount: 0,
  differenceSum: 0,
  largestDifference: 0,
  flipCount: 0,
  failedCount: 0,
};

/** Sums with the answers to one more request; rows of both in the order of its texts. */
export function addComparison(
  sums: ComparisonSums,
  canary: readonly Float32Array[],
  inUse: readonly Float32Array[],
): ComparisonSums {
  let { textCount, differenceSum, largestDifference, flipCount } = sums;
  canary.forEach((row, at) => {
    const other = inUse[at] ?? new Float32Array();
    const difference = largestBetween(row, other);
    textCount += 1;
    differenceSum += difference;
    largestDifference = Math.max(largestDifference, difference);
    if (row.length === 1 && other.length === 1 && row[0]! >= 0.5 !== other[0]! >= 0.5) flipCount += 1;
  });
  return { ...sums, textCount, differenceSum, largestDifference, flipCount };
}

/** Largest difference between two numbers at one place; infinite for rows that cannot be compared. */
export function largestBetween(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length) return Infinity;
  let largest = 0;
  for (let at = 0; at < left.length; at += 1) {
    const difference = Math.abs(left[at]! - right[at]!);
    // Not a number is the worst there is, and no comparison finds it.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}
