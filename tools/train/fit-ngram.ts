/** Fits one n-gram model to samples: rows of buckets, weights by source, logistic regression. */
import { foldText } from '../../agents/kit/text/index.ts';
import { NgramHasher } from '../../agents/inference/ngram/hashing.ts';
import type { NgramForm } from '../../agents/inference/ngram/hashing.ts';
import { fitSparse } from './logistic.ts';
import type { LinearWeights, SparseRows } from './logistic.ts';
import type { Sample } from './samples.ts';

/** What lies behind it in a long text is more of the same, and costs time. */
const READ_LIMIT = 1_000;

/** Samples as rows of buckets, made once for all folds. */
export interface HashedSamples {
  readonly samples: readonly Sample[];
  readonly offsets: Int32Array;
  readonly middles: Int32Array;
  readonly buckets: Int32Array;
}

/** Hashes the folded text of every sample, its first 1,000 units. */
export function hashSamples(samples: readonly Sample[], form: NgramForm): HashedSamples {
  const hasher = new NgramHasher(form);
  const offsets = new Int32Array(samples.length + 1);
  const middles = new Int32Array(samples.length);
  let buckets = new Int32Array(1 << 20);
  let size = 0;
  samples.forEach((sample, index) => {
    const { text } = foldText(sample.text.slice(0, READ_LIMIT));
    const count = hasher.read(text, 0, text.length);
    if (size + count > buckets.length) {
      const grown = new Int32Array(Math.max(buckets.length * 2, size + count));
      grown.set(buckets);
      buckets = grown;
    }
    buckets.set(hasher.buckets.subarray(0, count), size);
    middles[index] = size + hasher.wordsFrom;
    size += count;
    offsets[index + 1] = size;
  });
  return { samples, offsets, middles, buckets: buckets.subarray(0, size) };
}

/** How much each sample counts. */
export interface Balance {
  /** A source of n samples of one label counts n^power: large ones do not drown small ones. */
  readonly power: number;
  /** Share of all weight that harmful samples have. */
  readonly harmShare: number;
}

/** Fits without the samples of `without` (a fold); all samples where it is -1. */
export function fitNgram(
  hashed: HashedSamples,
  options: {
    form: NgramForm;
    l2: number;
    rounds: number;
    rate: number;
    floor: number;
    balance: Balance;
    without?: number;
  },
): LinearWeights {
  const { samples } = hashed;
  const used = (sample: Sample): boolean => options.without === undefined || sample.fold !== options.without;
  const sizes = new Map<string, number>();
  for (const sample of samples)
    if (used(sample)) sizes.set(keyOf(sample), (sizes.get(keyOf(sample)) ?? 0) + 1);
  const sums = [0, 0];
  for (const [key, size] of sizes) sums[Number(key.at(-1))]! += size ** options.balance.power;
  const weights = Float64Array.from(samples, (sample) => {
    if (!used(sample)) return 0;
    const size = sizes.get(keyOf(sample))!;
    const share = sample.label === 1 ? options.balance.harmShare : 1 - options.balance.harmShare;
    return (share * size ** (options.balance.power - 1)) / sums[sample.label]!;
  });
  const rows: SparseRows = {
    offsets: hashed.offsets,
    middles: hashed.middles,
    buckets: hashed.buckets,
    labels: Uint8Array.from(samples, (sample) => sample.label),
    weights,
  };
  return fitSparse(rows, { ...options, width: 2 ** options.form.bits });
}

/** Logit of each sample. */
export function logitsOf(hashed: HashedSamples, { weights, constant }: LinearWeights): Float64Array {
  return Float64Array.from(hashed.samples, (_, row) => {
    const from = hashed.offsets[row]!;
    const middle = hashed.middles[row]!;
    const to = hashed.offsets[row + 1]!;
    let chars = 0;
    let words = 0;
    for (let at = from; at < middle; at += 1) chars += weights[hashed.buckets[at]!]!;
    for (let at = middle; at < to; at += 1) words += weights[hashed.buckets[at]!]!;
    return (
      chars / Math.sqrt(Math.max(1, middle - from)) + words / Math.sqrt(Math.max(1, to - middle)) + constant
    );
  });
}

function keyOf(sample: Sample): string {
  return `${sample.source} ${sample.label}`;
}
