/**
 * Tokenizer of the sentence encoder: SentencePiece's unigram model, whose best segmentation Viterbi finds.
 *
 * @source Kudo, "Subword Regularization", 2018, §3; Kudo and Richardson, "SentencePiece", 2018
 */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { PieceTrie } from './piece-trie.ts';

/** UTF-16 units of a text that are read, before and after NFKC; what stands behind them is left out. */
export const READ_LIMIT_UNITS = 8192;

/** U+2581 stands for a space, and before the first word. */
const SPACE = 0x2581;
/** Ids of control pieces, which no text contains; 0 is what no piece fits. */
const RESERVED = 6;
const UNKNOWN = 0;
const BYTES_LIMIT = 8_388_608;

/** Pairs of piece and score. Published without some scores, which count as 0 there. */
const Vocabulary = z
  .array(z.tuple([z.string().min(1).max(64), z.number().nullable()]))
  .min(RESERVED + 1)
  .max(200_000);

/** Splits texts into ids of pieces. Pure; one serves any number of callers. */
export class Tokenizer {
  readonly #trie = new PieceTrie();
  /** Ids are below this. */
  readonly pieceCount: number;

  /** @throws invalid_argument for a file that is no vocabulary */
  constructor(file: Uint8Array) {
    const pieces = parseVocabulary(file);
    this.pieceCount = pieces.length;
    for (const [id, [piece, score]] of pieces.entries()) {
      if (id >= RESERVED) this.#trie.add(piece, id, score ?? 0);
    }
  }

  /**
   * Ids of the pieces of a text, in order; a run of symbols that no piece begins with is one 0.
   *
   * Time and memory grow with the length, up to {@link READ_LIMIT_UNITS}: of a longer text the beginning is
   * read. An empty text has no tokens.
   */
  encode(text: string): number[] {
    const points = codePoints(text);
    return joinUnknown(this.#bestPath(points));
  }

  /** Ids along the best segmentation, last piece first. */
  #bestPath(points: Uint32Array): number[] {
    const best = new Float64Array(points.length + 1);
    const pieceOf = new Uint32Array(points.length + 1);
    const startOf = new Uint32Array(points.length + 1);
    let from = 0;
    const take = (end: number, id: number, score: number): void => {
      const sum = best[from]! + score;
      // As in the original, 0 means "not reached": a path that sums up to 0 gives way to what comes later.
      if (best[end] !== 0 && sum < best[end]!) return;
      best[end] = sum;
      pieceOf[end] = id;
      startOf[end] = from;
    };
    for (; from < points.length; from += 1) {
      if (this.#trie.matches(points, from, take) === 0) take(from + 1, UNKNOWN, 0);
    }
    const path: number[] = [];
    for (let end = points.length; end > 0; end = startOf[end]!) path.push(pieceOf[end]!);
    return path;
  }
}

function joinUnknown(path: readonly number[]): number[] {
  const ids: number[] = [];
  for (let at = path.length - 1; at >= 0; at -= 1) {
    const id = path[at]!;
    if (id !== UNKNOWN || ids.at(-1) !== UNKNOWN) ids.push(id);
  }
  return ids;
}

/** The text as the vocabulary writes it. */
function codePoints(text: string): Uint32Array {
  // NFKC makes up to eighteen symbols of one, so that the limit holds on both sides of it.
  const normal = beginning(beginning(text).normalize('NFKC'));
  if (normal === '') return new Uint32Array();
  const points = new Uint32Array(normal.length + 1);
  points[0] = SPACE;
  let count = 1;
  for (const symbol of normal) {
    points[count] = symbol === ' ' ? SPACE : symbol.codePointAt(0)!;
    count += 1;
  }
  return points.subarray(0, count);
}

function beginning(text: string): string {
  if (text.length <= READ_LIMIT_UNITS) return text;
  const last = text.charCodeAt(READ_LIMIT_UNITS - 1);
  // Half a pair would be another symbol than the one that stands there.
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? READ_LIMIT_UNITS - 1 : READ_LIMIT_UNITS);
}

function parseVocabulary(file: Uint8Array): z.infer<typeof Vocabulary> {
  try {
    if (file.byteLength > BYTES_LIMIT) throw new RangeError(`more than ${BYTES_LIMIT} bytes`);
    return Vocabulary.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file)));
  } catch (cause) {
    const details = { expected: 'JSON: an array of pairs of piece and score' };
    throw new WitanError('invalid_argument', 'the file is no vocabulary of a tokenizer', details, cause);
  }
}
