/** A linear model over hashed n-grams: text to log-odds, and what weighed most. Pure; linear; allocates little. */
import { WitanError } from '../../../contracts/errors.ts';
import { NgramHasher, WINDOW_LIMIT } from './hashing.ts';
import type { NgramForm } from './hashing.ts';

/** What is stored of a model. */
export interface NgramParts {
  readonly form: NgramForm;
  readonly constant: number;
  /** Weights of the buckets, as whole numbers in −127 … 127. */
  readonly weights: Int8Array;
  /** What one step of a weight is worth, for each {@link BLOCK} buckets. */
  readonly scales: Float32Array;
  /** Probability of harm = logistic(slope · log-odds + offset): calibration on rows that were held out. */
  readonly slope: number;
  readonly offset: number;
}

/** Buckets that share a scale. */
export const BLOCK = 64;

/** Ready to be asked. One text at a time: the buffers are its own. */
export class NgramModel {
  readonly parts: NgramParts;
  readonly #hasher: NgramHasher;
  readonly #weights: Float32Array;

  /** @throws bad_encoding where the parts do not fit each other */
  constructor(parts: NgramParts) {
    const width = 2 ** parts.form.bits;
    if (parts.weights.length !== width || parts.scales.length !== width / BLOCK) {
      throw new WitanError('bad_encoding', `an n-gram model of ${width} buckets has ${parts.weights.length}`);
    }
    this.parts = parts;
    this.#hasher = new NgramHasher(parts.form);
    this.#weights = Float32Array.from(parts.weights, (step, at) => step * parts.scales[at >> 6]!);
  }

  /** Log-odds of `text[start, end)`, at most 2,048 units, uncalibrated. The text is folded already. */
  logit(text: string, start = 0, end = text.length): number {
    const { buckets } = this.#hasher;
    const count = this.#hasher.read(text, start, end);
    const middle = this.#hasher.wordsFrom;
    const weights = this.#weights;
    let chars = 0;
    let words = 0;
    for (let at = 0; at < middle; at += 1) chars += weights[buckets[at]!]!;
    for (let at = middle; at < count; at += 1) words += weights[buckets[at]!]!;
    return (
      chars / Math.sqrt(Math.max(1, middle)) +
      words / Math.sqrt(Math.max(1, count - middle)) +
      this.parts.constant
    );
  }

  /** Calibrated probability of harm. */
  probability(logit: number): number {
    return 1 / (1 + Math.exp(-(this.parts.slope * logit + this.parts.offset)));
  }

  /**
   * The stretch of `text[start, end)` that speaks most for harm: whole words, found by leaving out word after
   * word. Undefined where no word speaks for harm. Costs as much as reading the stretch once for each word.
   */
  heaviest(text: string, start: number, end: number): { start: number; end: number } | undefined {
    const stop = Math.min(end, start + WINDOW_LIMIT);
    const edges = wordEdges(text, start, stop);
    const whole = this.logit(text, start, stop);
    // The part before a word and the part up to its end differ by what the word adds where it stands.
    let best = 0;
    let sum = 0;
    let from = 0;
    let found: { start: number; end: number } | undefined;
    for (let word = 0; word < edges.length; word += 1) {
      const [left, right] = edges[word]!;
      const gain = whole - this.logit(`${text.slice(start, left)} ${text.slice(right, stop)}`);
      if (sum <= 0) {
        sum = 0;
        from = word;
      }
      sum += gain - LEAST_GAIN;
      if (sum > best) {
        best = sum;
        found = { start: edges[from]![0], end: right };
      }
    }
    return found;
  }
}

/** Words that add less than this do not make a stretch longer. */
const LEAST_GAIN = 0.02;
/** Words that are looked at for an explanation. */
const MOST_WORDS = 160;

function wordEdges(text: string, start: number, end: number): [number, number][] {
  const edges: [number, number][] = [];
  for (const match of text.slice(start, end).matchAll(/[^\s]+/g)) {
    edges.push([start + match.index, start + match.index + match[0].length]);
    if (edges.length >= MOST_WORDS) break;
  }
  return edges;
}
