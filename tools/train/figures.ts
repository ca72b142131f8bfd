/** Figures of scores against labels: area under the curve, quantiles, calibration error. */

/** Probability that a harmful row scores above a harmless one; ties count half. NaN where a class is empty. */
export function aucOf(scores: readonly number[], labels: readonly number[]): number {
  const order = scores.map((_, index) => index).sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  let harmful = 0;
  for (let at = 0; at < order.length;) {
    let end = at;
    while (end < order.length && scores[order[end]!] === scores[order[at]!]) end += 1;
    const rank = (at + end + 1) / 2;
    for (; at < end; at += 1) {
      if (labels[order[at]!] !== 1) continue;
      ranks += rank;
      harmful += 1;
    }
  }
  const harmless = order.length - harmful;
  return (ranks - (harmful * (harmful + 1)) / 2) / (harmful * harmless);
}

/** Value that a share `at` of all values does not exceed. */
export function quantileOf(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(at * sorted.length))] ?? Number.POSITIVE_INFINITY;
}

/** Expected calibration error over ten bins of equal width. */
export function eceOf(probabilities: readonly number[], labels: readonly number[]): number {
  const bins = Array.from({ length: 10 }, () => ({ n: 0, sum: 0, harm: 0 }));
  probabilities.forEach((probability, index) => {
    const bin = bins[Math.min(9, Math.floor(probability * 10))]!;
    bin.n += 1;
    bin.sum += probability;
    bin.harm += labels[index]!;
  });
  return bins.reduce((sum, bin) => sum + Math.abs(bin.sum - bin.harm), 0) / Math.max(1, probabilities.length);
}
