/** Language-agnostic words: runs of letters; single signs where a script writes no spaces. */
import type { View } from './view.ts';

/**
 * Words of a view, as parallel arrays. `position` counts words and jumps at the end of each sentence, so
 * that a
 * distance below {@link SENTENCE_STEP} always means the same sentence.
 */
export interface Tokens {
  readonly view: View;
  readonly count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly positions: Int32Array;
}

/** What the end of a sentence adds to positions. */
export const SENTENCE_STEP = 12;

const OTHER = 0;
const WORD = 1;
const SINGLE = 2;
const STOP = 3;
const PAIR = 4;

/** Class of each UTF-16 code unit, computed once; 64 KiB. */
const CLASSES = new Uint8Array(0x10000);
for (let code = 0; code < 0x10000; code += 1) CLASSES[code] = classOf(code);

/** Splits a view into words. Linear. */
export function tokenise(view: View): Tokens {
  const { text } = view;
  const capacity = text.length;
  const starts = new Int32Array(capacity);
  const ends = new Int32Array(capacity);
  const positions = new Int32Array(capacity);
  let count = 0;
  let position = 0;
  let at = 0;
  while (at < capacity) {
    const kind = CLASSES[text.charCodeAt(at)]!;
    if (kind === OTHER) {
      at += 1;
      continue;
    }
    if (kind === STOP) {
      if (endsSentence(text, at) && count > 0) position += SENTENCE_STEP;
      at = afterStops(text, at);
      continue;
    }
    const start = at;
    at += kind === PAIR ? 2 : 1;
    if (kind === WORD) while (at < capacity && continuesWord(text, at)) at += 1;
    at = Math.min(at, capacity);
    starts[count] = start;
    ends[count] = at;
    positions[count] = position;
    count += 1;
    position += 1;
  }
  return {
    view,
    count,
    starts: starts.subarray(0, count),
    ends: ends.subarray(0, count),
    positions: positions.subarray(0, count),
  };
}

/** Text of one word. */
export function tokenText(tokens: Tokens, index: number): string {
  return tokens.view.text.slice(tokens.starts[index], tokens.ends[index]);
}

function continuesWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (CLASSES[code] === WORD) return true;
  // An apostrophe inside a word (don't) belongs to it, one at its end does not.
  return code === 0x27 && CLASSES[text.charCodeAt(at + 1)] === WORD && at + 1 < text.length;
}

function endsSentence(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 0x2e) return true;
  const next = text.charCodeAt(at + 1);
  return Number.isNaN(next) || CLASSES[next] !== WORD;
}

/** A row of stops and line ends is one end of sentence. */
function afterStops(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && (CLASSES[text.charCodeAt(end)] === STOP || text.charCodeAt(end) === 0x20))
    end += 1;
  return end;
}

function classOf(code: number): number {
  if (code < 0x80) {
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57)) return WORD;
    return code === 0x0a || code === 0x21 || code === 0x2e || code === 0x3f || code === 0x3b ? STOP : OTHER;
  }
  if ('。！？।॥؟۔\u2028\u2029…'.includes(String.fromCharCode(code))) return STOP;
  if (code >= 0xd800 && code <= 0xdbff) return PAIR;
  if (code >= 0xdc00 && code <= 0xdfff) return OTHER;
  if (writesWithoutSpaces(code)) return SINGLE;
  if (code >= 0x2600 && code <= 0x27bf) return SINGLE;
  return /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code)) ? WORD : OTHER;
}

/** Thai, Lao, Myanmar, Khmer, kana, Han, Hangul: phrases are matched as rows of signs. */
function writesWithoutSpaces(code: number): boolean {
  return (
    (code >= 0x0e00 && code <= 0x0eff) ||
    (code >= 0x1000 && code <= 0x109f) ||
    (code >= 0x1780 && code <= 0x17ff) ||
    (code >= 0x3041 && code <= 0x30ff) ||
    (code >= 0x3400 && code <= 0x9fff) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff)
  );
}
