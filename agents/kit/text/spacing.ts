/** Puts spaced-out and split words together again: `i g n o r e`, `ig-nore`, `pass word`. */
import { LETTER_BY_LEET } from './confusables.ts';
import { tokenise, tokenText } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import { ViewBuilder } from './view.ts';
import type { View } from './view.ts';
import { isCommonWord, LONGEST_WORD } from './vocabulary.ts';

/** Rows of at least this many single letters are a spaced-out word. */
const LEAST_LETTERS = 4;

/** Reading with spaced-out and split words joined, or undefined where there are none. Linear. */
export function joinSpaced(folded: View, tokens: Tokens = tokenise(folded)): View | undefined {
  const builder = new ViewBuilder(folded.text.length);
  let copied = 0;
  let changed = false;
  let index = 0;
  while (index < tokens.count) {
    const row = letterRow(tokens, index);
    if (row < LEAST_LETTERS && isGlued(tokens, index)) {
      builder.copy(folded, copied, tokens.starts[index]!);
      addLetters(builder, tokens.view, lettersOf(tokens.starts[index]!, tokens.ends[index]!));
      copied = tokens.ends[index]!;
      index += 1;
      changed = true;
      continue;
    }
    const joinedCount = row >= LEAST_LETTERS ? row : splitWord(tokens, index);
    if (joinedCount < 2) {
      index += 1;
      continue;
    }
    builder.copy(folded, copied, tokens.starts[index]!);
    if (row >= LEAST_LETTERS)
      addLetters(builder, tokens.view, rowLetters(tokens, { from: index, count: row }));
    else
      for (let at = index; at < index + joinedCount; at += 1)
        builder.copy(folded, tokens.starts[at]!, tokens.ends[at]!);
    copied = tokens.ends[index + joinedCount - 1]!;
    index += joinedCount;
    changed = true;
  }
  if (!changed) return undefined;
  builder.copy(folded, copied, folded.text.length);
  return builder.build('joined');
}

function lengthOf(tokens: Tokens, index: number): number {
  return tokens.ends[index]! - tokens.starts[index]!;
}

function isSingleLetter(tokens: Tokens, index: number): boolean {
  return lengthOf(tokens, index) === 1 && tokens.view.text.charCodeAt(tokens.starts[index]!) < 0x0e00;
}

/** Number of single-letter words from `index` on, with at most four units between two. */
function letterRow(tokens: Tokens, index: number): number {
  let count = 0;
  while (index + count < tokens.count && isSingleLetter(tokens, index + count)) {
    if (count > 0 && tokens.starts[index + count]! - tokens.ends[index + count - 1]! > 4) break;
    count += 1;
  }
  return count;
}

/** Number of words from `index` on that were cut out of one common word; 0 where there is none. */
function splitWord(tokens: Tokens, index: number): number {
  const first = tokenText(tokens, index);
  if (first.length > LONGEST_WORD || isNumber(first)) return 0;
  let joined = first;
  let allCommon = isCommonWord(first);
  for (let count = 2; count <= 4 && index + count <= tokens.count; count += 1) {
    const at = index + count - 1;
    if (tokens.starts[at]! - tokens.ends[at - 1]! > 1) return 0;
    const next = tokenText(tokens, at);
    joined += next;
    allCommon &&= isCommonWord(next);
    if (joined.length > LONGEST_WORD || isNumber(next)) return 0;
    if (joined.length >= 5 && !allCommon && isCommonWord(joined)) return count;
  }
  return 0;
}

function isNumber(word: string): boolean {
  return word.charCodeAt(0) >= 48 && word.charCodeAt(0) <= 57;
}

/** A word of this length may be a whole sentence without spaces. */
const LEAST_GLUED = 19;
/** Share of the letters that common words must cover. */
const GLUED_COVER = 0.75;

function isGlued(tokens: Tokens, index: number): boolean {
  const start = tokens.starts[index]!;
  const end = tokens.ends[index]!;
  if (end - start < LEAST_GLUED) return false;
  const head = tokens.view.text.slice(start, Math.min(end, start + 120));
  if (!/^[a-z0-9@$!]{12}/.test(head) || /^[0-9]{6}/.test(head)) return false;
  const words = splitIntoWords(plainest(head));
  return words.covered >= head.length * GLUED_COVER || words.covered >= 40;
}

/** Letters with their offsets, and whether a word begins there where the row itself tells. */
interface Letters {
  readonly offsets: readonly number[];
  readonly breaks: readonly boolean[] | null;
}

function lettersOf(start: number, end: number): Letters {
  return { offsets: Array.from({ length: end - start }, (_, at) => start + at), breaks: null };
}

/** Words are told apart by a wider gap where the row has two widths, else by the vocabulary. */
function rowLetters(tokens: Tokens, row: { from: number; count: number }): Letters {
  const offsets: number[] = [];
  const gaps: number[] = [];
  for (let at = row.from; at < row.from + row.count; at += 1) {
    offsets.push(tokens.starts[at]!);
    gaps.push(at === row.from ? 0 : tokens.starts[at]! - tokens.ends[at - 1]!);
  }
  let narrow = Number.POSITIVE_INFINITY;
  for (const gap of gaps.slice(1)) narrow = Math.min(narrow, gap);
  const wider = gaps.filter((gap) => gap > narrow).length;
  // One word in three letters at most: a full stop every now and then is no word gap.
  return wider >= row.count / 12
    ? { offsets, breaks: gaps.map((gap, at) => at > 0 && gap > narrow) }
    : { offsets, breaks: null };
}

function addLetters(builder: ViewBuilder, view: View, { offsets, breaks }: Letters): void {
  const letters = plainest(offsets.map((at) => view.text[at]!).join(''));
  const words = breaks ?? splitIntoWords(letters).breaks;
  offsets.forEach((at, index) => {
    const start = view.map?.starts[at] ?? at;
    if (words[index] === true) builder.add(' ', start, start);
    builder.add(letters[index]!, start, view.map?.ends[at] ?? at + 1);
  });
}

/** The row itself, or its leet reading where that covers it better with words. */
function plainest(row: string): string {
  if (!/[0-9@$!]/.test(row)) return row;
  const read = row.replace(/[0-9@$!|+]/g, (sign) => LETTER_BY_LEET.get(sign) ?? sign);
  return splitIntoWords(read).covered > splitIntoWords(row).covered * 1.3 ? read : row;
}

/**
 * Cuts a row of letters into common words so that long words cover as much as possible (squares of lengths
 * add up).
 * `breaks[i]` is true where a new word begins. Linear: at most {@link LONGEST_WORD} looks back per letter.
 */
export function splitIntoWords(text: string): {
  readonly breaks: readonly boolean[];
  readonly covered: number;
} {
  const best = new Float64Array(text.length + 1);
  const taken = new Uint8Array(text.length + 1);
  for (let end = 1; end <= text.length; end += 1) {
    best[end] = best[end - 1]!;
    for (let length = 2; length <= Math.min(LONGEST_WORD, end); length += 1) {
      const score = best[end - length]! + length * length;
      if (score <= best[end]! || !isCommonWord(text.slice(end - length, end))) continue;
      best[end] = score;
      taken[end] = length;
    }
  }
  const breaks = new Array<boolean>(text.length).fill(false);
  let covered = 0;
  for (let end = text.length; end > 0;) {
    const length = taken[end]!;
    if (length > 0) {
      covered += length;
      if (end < text.length) breaks[end] = true;
      breaks[end - length] = end - length > 0;
    }
    end -= Math.max(1, length);
  }
  return { breaks, covered };
}
