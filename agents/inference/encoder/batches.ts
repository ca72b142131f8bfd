/** How texts of different lengths are put together: few texts a batch, and little padding in it. */

/** How much runs together: one text always may. */
export interface BatchLimit {
  readonly texts: number;
  /** Rows times tokens in a row, padding and all. */
  readonly places: number;
}

/** On a processor: a batch gains by reading the weights once, and 500 tokens gain nothing over 200 there. */
export const CPU_BATCH: BatchLimit = { texts: 32, places: 512 };
/** On a graphics processor, which more keeps busy. */
export const GPU_BATCH: BatchLimit = { texts: 64, places: 8192 };
/** Share of a batch's places that may be padding. */
const PADDING_SHARE = 0.2;

/** Tokens of texts, padded to the longest of them. */
export interface PaddedBatch {
  /** Which text each row is. */
  readonly texts: readonly number[];
  /** Tokens in each row, at least 1. */
  readonly length: number;
  readonly tokens: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly mask: Float32Array;
}

/**
 * Batches within the limit, of texts of similar length, each text in one of them; shortest first.
 *
 * @param tokens ids by text
 */
export function paddedBatches(tokens: readonly (readonly number[])[], limit: BatchLimit): PaddedBatch[] {
  const order = tokens.map((_, text) => text).sort((a, b) => tokens[a]!.length - tokens[b]!.length || a - b);
  const batches: PaddedBatch[] = [];
  let group: number[] = [];
  let sum = 0;
  for (const text of order) {
    const { length } = tokens[text]!;
    const places = (group.length + 1) * length;
    const isFull = group.length === limit.texts || places > limit.places;
    const isUneven = places - sum - length > PADDING_SHARE * places;
    if (group.length > 0 && (isFull || isUneven)) {
      batches.push(padded(tokens, group));
      group = [];
      sum = 0;
    }
    group.push(text);
    sum += length;
  }
  if (group.length > 0) batches.push(padded(tokens, group));
  return batches;
}

function padded(tokens: readonly (readonly number[])[], texts: readonly number[]): PaddedBatch {
  const length = Math.max(1, ...texts.map((text) => tokens[text]!.length));
  const ids = new Int32Array(texts.length * length);
  const mask = new Float32Array(texts.length * length);
  for (const [row, text] of texts.entries()) {
    ids.set(tokens[text]!, row * length);
    mask.fill(1, row * length, row * length + tokens[text]!.length);
  }
  return { texts, length, tokens: ids, mask };
}
