/** Puts spaced-out and split words together again: `i g n o r e`, `ig-nore`, `pass word`. */
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
    const joinedCount = row >= LEAST_LETTERS ? row : splitWord(tokens, index);
    if (joinedCount < 2) {
      index += 1;
      continue;
    }
    builder.copy(folded, copied, tokens.starts[index]!);
    if (row >= LEAST_LETTERS) addLetters(builder, tokens, { from: index, count: row });
    else for (let at = index; at < index + joinedCount; at += 1) builder.copy(folded, tokens.starts[at]!, tokens.ends[at]!);
    copied = tokens.ends[index + joinedCount - 1]!;
    index += joinedCount;
    changed = true;
  }
  if (!changed) return undefined;
  builder.copy(folded, copied, folded.text.length);
  return builder.build('joined');
}

function isSingleLetter(tokens: Tokens, index: number): boolean {
  return tokens.ends[index]! - tokens.starts[index]! === 1 && tokens.view.text.charCodeAt(tokens.starts[index]!) < 0x0e00;
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

/** Words are told apart by a wider gap where the row has two widths, else by the vocabulary. */
function addLetters(builder: ViewBuilder, tokens: Tokens, row: { from: number; count: number }): void {
  const letters: number[] = [];
  const gaps: number[] = [];
  for (let at = row.from; at < row.from + row.count; at += 1) {
    letters.push(tokens.starts[at]!);
    gaps.push(at === row.from ? 0 : tokens.starts[at]! - tokens.ends[at - 1]!);
  }
  const narrow = Math.min(...gaps.slice(1, 5_000));
  const isTwoWidths = gaps.some((gap) => gap > narrow);
  const text = letters.map((at) => tokens.view.text[at]!).join('');
  const breaks = isTwoWidths ? gaps.map((gap, at) => at > 0 && gap > narrow) : vocabularyBreaks(text);
  letters.forEach((at, index) => {
    if (breaks[index] === true) builder.add(' ', tokens.view.map?.starts[at] ?? at, tokens.view.map?.starts[at] ?? at);
    builder.copy(tokens.view, at, at + 1);
  });
}

/** Greedy longest words: true where a new word begins. */
export function vocabularyBreaks(text: string): boolean[] {
  const breaks: boolean[] = new Array<boolean>(text.length).fill(false);
  let at = 0;
  while (at < text.length) {
    const length = longestWordAt(text, at);
    if (length > 0) {
      breaks[at] = at > 0;
      at += length;
      if (at < text.length) breaks[at] = true;
    } else at += 1;
  }
  return breaks;
}

function longestWordAt(text: string, at: number): number {
  for (let length = Math.min(LONGEST_WORD, text.length - at); length >= 2; length -= 1) {
    if (isCommonWord(text.slice(at, at + length))) return length;
  }
  return 0;
}
