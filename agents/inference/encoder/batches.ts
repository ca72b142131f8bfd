/** How texts of different lengths are put together: few texts a batch, and little padding in it. */

/** Texts that run together on a processor; more gains nothing there. */
export const CPU_BATCH_TEXTS = 8;
/** Texts that run together on a graphics processor. */
export const GPU_BATCH_TEXTS = 64;
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
 * Batches of at most `limit` texts of similar length, each text in one of them; shortest first.
 *
 * @param tokens ids by text
 */
export function paddedBatches(tokens: readonly (readonly number[])[], limit: number): PaddedBatch[] {
  const order = tokens.map((_, text) => text).sort((a, b) => tokens[a]!.length - tokens[b]!.length || a - b);
  const batches: PaddedBatch[] = [];
  let group: number[] = [];
  let sum = 0;
  for (const text of order) {
    const { length } = tokens[text]!;
    const places = (group.length + 1) * length;
    const isFull = group.length === limit || places - sum - length > PADDING_SHARE * places;
    if (group.length > 0 && isFull) {
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
