/** Histogram of durations with a relative error below 5 %, in fixed memory. */

// 2^(1/10) per bucket: 7 % wide, so the middle is at most 3.6 % off. From 1 µs to about 18 minutes.
const BUCKETS_PER_DOUBLING = 10;
const BUCKET_COUNT = 300;
const SMALLEST_MS = 0.001;

/** Counts durations in logarithmic buckets. */
export class Histogram {
  private readonly counts = new Uint32Array(BUCKET_COUNT);
  private total = 0;

  /** Adds one duration in ms; what is not positive counts as the smallest. */
  add(elapsedMs: number): void {
    const doublings = elapsedMs > SMALLEST_MS ? Math.log2(elapsedMs / SMALLEST_MS) : 0;
    const at = Math.min(BUCKET_COUNT - 1, Math.floor(doublings * BUCKETS_PER_DOUBLING));
    this.counts[at]! += 1;
    this.total += 1;
  }

  /** Durations added. */
  get count(): number {
    return this.total;
  }

  /** The duration that a share of `quantile` in [0, 1] does not exceed, in ms; 0 when empty. */
  quantileMs(quantile: number): number {
    if (this.total === 0) return 0;
    const rank = Math.max(1, Math.ceil(quantile * this.total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      seen += this.counts[bucket]!;
      if (seen >= rank) return SMALLEST_MS * 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING);
    }
    return SMALLEST_MS * 2 ** (BUCKET_COUNT / BUCKETS_PER_DOUBLING);
  }
}
