/** Whether a series of memory readings grows. */

/** A straight line through readings. */
export interface Trend {
  /** Growth in bytes a minute. */
  readonly bytesPerMinute: number;
  /** Growth over the stretch as a share of the mean. */
  readonly growthShare: number;
  /** Standard error of the slope, bytes a minute. */
  readonly errorBytesPerMinute: number;
}

/** One reading. */
export interface MemoryReading {
  readonly atMs: number;
  readonly heapBytes: number;
}

const MINUTE_MS = 60_000;
/** Growth that counts as flat: collections do not fall at the same point each time. */
export const FLAT_SHARE = 0.05;
const FLAT_BYTES = 4 * 2 ** 20;

/** Least-squares line through the readings; zero with fewer than three. */
export function trendOf(readings: readonly MemoryReading[]): Trend {
  const count = readings.length;
  if (count < 3) return { bytesPerMinute: 0, growthShare: 0, errorBytesPerMinute: 0 };
  const meanMs = mean(readings.map(({ atMs }) => atMs));
  const meanBytes = mean(readings.map(({ heapBytes }) => heapBytes));
  let [products, squares] = [0, 0];
  for (const { atMs, heapBytes } of readings) {
    products += (atMs - meanMs) * (heapBytes - meanBytes);
    squares += (atMs - meanMs) ** 2;
  }
  const slope = squares === 0 ? 0 : products / squares;
  let residuals = 0;
  for (const { atMs, heapBytes } of readings)
    residuals += (heapBytes - meanBytes - slope * (atMs - meanMs)) ** 2;
  const stretchMs = readings.at(-1)!.atMs - readings[0]!.atMs;
  return {
    bytesPerMinute: slope * MINUTE_MS,
    growthShare: (slope * stretchMs) / meanBytes,
    errorBytesPerMinute: squares === 0 ? 0 : Math.sqrt(residuals / (count - 2) / squares) * MINUTE_MS,
  };
}

/**
 * Flat: over the stretch the line rises by at most 5 % of the mean or 4 MiB, or the rise is within twice the
 * error of the slope, which is then noise.
 */
export function isFlat(trend: Trend, stretchMs: number): boolean {
  const growthBytes = (trend.bytesPerMinute * stretchMs) / MINUTE_MS;
  if (growthBytes <= FLAT_BYTES || trend.growthShare <= FLAT_SHARE) return true;
  return trend.bytesPerMinute <= 2 * trend.errorBytesPerMinute;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
