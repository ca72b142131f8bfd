/** Readings of disguised words: leet digits, rot13, words or whole texts written backwards. */
import { LETTER_BY_LEET } from './confusables.ts';
import { tokenise, tokenText } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import { ViewBuilder } from './view.ts';
import type { View } from './view.ts';
import { isCommonWord } from './vocabulary.ts';

/** So many words must turn into common ones before a cipher is believed. */
const LEAST_WORDS = 3;

/**
 * Reading with leet digits and signs as letters (`1gn0r3` → `ignore`), or undefined where there are none.
 * Linear.
 */
export function readLeet(folded: View, one: 'i' | 'l' = 'i'): View | undefined {
  const { text } = folded;
  const letters: string[] = [];
  let evidence = 0;
  let at = 0;
  while (at < text.length) {
    let end = at;
    while (end < text.length && text.charCodeAt(end) > 32) end += 1;
    const chunk = text.slice(at, end);
    const read = isLeet(chunk) ? leetLetters(chunk, one) : chunk;
    if (read !== chunk)
      evidence += isCommonWord(read.replace(/[^a-z]+$/, '')) ? LEAST_LEET : INNER_LEET.test(chunk) ? 1 : 0;
    letters.push(read, text.slice(end, end + 1));
    at = end + 1;
  }
  return evidence >= LEAST_LEET
    ? { name: one === 'i' ? 'leet' : 'leet-l', text: letters.join('').slice(0, text.length), map: folded.map }
    : undefined;
}

/** Words with digits inside that leet is believed on; one that turns into a common word is enough. */
const LEAST_LEET = 2;
const INNER_LEET = /[a-z][0-9@$!|+€]{1,3}[a-z]/;

/**
 * Letters on both sides of, or most of a word besides, digits and signs; ends like `10am` or `mp3!` are
 * ordinary.
 */
function isLeet(chunk: string): boolean {
  if (chunk.length < 3 || chunk.length > 40) return false;
  return (
    INNER_LEET.test(chunk) ||
    /[a-z]{2}[0-9@$]{1,3}[^a-z0-9]?$/.test(chunk) ||
    /^[0-9@$!|+€][a-z][0-9@$a-z]*[a-z]/.test(chunk) ||
    /^[0-9@$]{2,}[a-z][0-9a-z@$]*$/.test(chunk)
  );
}

function leetLetters(chunk: string, one: 'i' | 'l'): string {
  let read = '';
  for (let at = 0; at < chunk.length; at += 1) {
    const unit = chunk[at]!;
    const isEnd = at === chunk.length - 1;
    if (unit === '1' || (unit === '|' && one === 'i')) read += one;
    else if (isEnd && (unit === '!' || unit === '(' || unit === '<')) read += unit;
    else read += LETTER_BY_LEET.get(unit) ?? unit;
  }
  return read;
}

/** Reading with words deciphered one by one where at least three turn into common words. Linear. */
export function readCipher(
  folded: View,
  cipher: 'rot13' | 'backwards',
  tokens: Tokens = tokenise(folded),
): View | undefined {
  const turned: string[] = [];
  let count = 0;
  for (let index = 0; index < tokens.count; index += 1) {
    const word = tokenText(tokens, index);
    const read = word.length < 3 || word.length > 20 || isCommonWord(word) ? word : decipher(word, cipher);
    if (read !== word && isCommonWord(read)) count += 1;
    turned.push(read);
  }
  if (count < LEAST_WORDS) return undefined;
  const builder = new ViewBuilder(folded.text.length);
  let copied = 0;
  for (let index = 0; index < tokens.count; index += 1) {
    const start = tokens.starts[index]!;
    const end = tokens.ends[index]!;
    builder.copy(folded, copied, start);
    builder.add(turned[index]!, folded.map?.starts[start] ?? start, folded.map?.ends[end - 1] ?? end);
    copied = end;
  }
  builder.copy(folded, copied, folded.text.length);
  return builder.build(cipher);
}

/** The whole text read from its end, where that gives at least three common words more. Linear. */
export function readReversed(folded: View, tokens: Tokens = tokenise(folded)): View | undefined {
  let gained = 0;
  for (let index = 0; index < tokens.count; index += 1) {
    const word = tokenText(tokens, index);
    if (word.length < 3 || word.length > 20 || isCommonWord(word)) continue;
    if (isCommonWord(reverse(word))) gained += 1;
  }
  if (gained < LEAST_WORDS) return undefined;
  const builder = new ViewBuilder(folded.text.length);
  for (let at = folded.text.length - 1; at >= 0; at -= 1) builder.copy(folded, at, at + 1);
  return builder.build('reversed');
}

function decipher(word: string, cipher: 'rot13' | 'backwards'): string {
  return cipher === 'backwards' ? reverse(word) : rot13(word);
}

function reverse(word: string): string {
  return [...word].reverse().join('');
}

function rot13(word: string): string {
  let read = '';
  for (let at = 0; at < word.length; at += 1) {
    const code = word.charCodeAt(at);
    read += code >= 97 && code <= 122 ? String.fromCharCode(((code - 97 + 13) % 26) + 97) : word[at];
  }
  return read;
}
