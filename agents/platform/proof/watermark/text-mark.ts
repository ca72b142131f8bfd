/** Invisible mark in text: code points without a glyph after words, readable from any dozen of them. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { fromHex, toHex } from '../../../../contracts/ledger/bytes.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { decodeErasure, encodeErasure } from './galois.ts';
import type { CodeSymbol } from './galois.ts';

/** Numbers of the text mark. */
export const TEXT_MARK = {
  /** Bytes of the id that a mark carries, and of the tag that proves the key. */
  idBytes: 6,
  tagBytes: 6,
  /** Cells of one mark; any `idBytes + tagBytes` different ones are enough. */
  cellCount: 24,
  /** Invisible characters of one cell. */
  cellLength: 6,
  /** Choices of cells that a detector tries. */
  trialCount: 64,
} as const;

/**
 * Zero width space and the invisible operators. None of them joins letters, so no script changes its shape,
 * and after a word they keep a line from breaking only where it would not break anyway.
 */
const ALPHABET = '\u200b\u2060\u2061\u2062\u2063\u2064';
const INVISIBLE = /[\u200b\u2060-\u2064]+/g;
const CHECK = 7;
const MESSAGE_BYTES = TEXT_MARK.idBytes + TEXT_MARK.tagBytes;

/** What was found in a text. */
export interface TextMark {
  /** Hex; what the mark carries. */
  readonly markId: string;
  /** Different cells that were read, of {@link TEXT_MARK.cellCount}. */
  readonly cellCount: number;
}

/** Probability that text without a mark of the key gives one: every trial has one chance in 2^48. */
export const TEXT_FALSE_POSITIVE_RATE = TEXT_MARK.trialCount * 2 ** (-8 * TEXT_MARK.tagBytes);

/**
 * Puts a mark into a text: a cell after each word, all cells in turn. The visible text stays as it is; a text
 * of fewer words than cells gets several after each.
 * @param markId 12 hex digits
 * @param key 32 bytes
 * @throws conflict when the text has characters of the mark's alphabet already
 */
export function markText(text: string, markId: string, key: Uint8Array): string {
  if (text.search(INVISIBLE) >= 0) {
    throw new WitanError('conflict', 'the text holds invisible characters already; remove them first', {
      path: 'text',
      expected: 'a text without U+200B and U+2060…U+2064',
    });
  }
  const id = fromHex(markId);
  const message = new Uint8Array([...id, ...tagOf(id, key)]);
  const cells = [...encodeErasure(message, TEXT_MARK.cellCount)].map((value, at) => cellText({ at, value }));
  const ends = [...text.matchAll(/\S(?=\s|$)/gu)].map((match) => match.index + match[0].length);
  if (ends.length === 0) ends.push(text.length);
  const perEnd = Math.ceil(TEXT_MARK.cellCount / ends.length);
  let marked = '';
  let from = 0;
  let next = 0;
  for (const end of ends) {
    marked += text.slice(from, end);
    for (let count = 0; count < perEnd; count += 1) marked += cells[next++ % cells.length]!;
    from = end;
  }
  return marked + text.slice(from);
}

/** The text without the characters of marks, whoever put them there. */
export function stripTextMark(text: string): string {
  return text.replaceAll(INVISIBLE, '');
}

/**
 * Reads the mark of a key. Undefined: there is none, or too little of it is left. Cells that were damaged or
 * belong to another mark are outvoted, or another choice of cells is tried.
 */
export function readTextMark(text: string, keys: readonly Uint8Array[]): TextMark | undefined {
  const votes = Array.from({ length: TEXT_MARK.cellCount }, () => new Map<number, number>());
  for (const [run] of text.matchAll(INVISIBLE)) {
    for (const { at, value } of cellsIn(run)) votes[at]!.set(value, (votes[at]!.get(value) ?? 0) + 1);
  }
  const ranked = votes
    .flatMap((values, at) => {
      const [best] = [...values].sort((left, right) => right[1] - left[1]);
      return best ? [{ at, value: best[0], count: best[1] }] : [];
    })
    .sort((left, right) => right.count - left.count);
  if (ranked.length < MESSAGE_BYTES) return undefined;
  for (let trial = 0; trial < TEXT_MARK.trialCount; trial += 1) {
    const message = decodeErasure(chosen(ranked, trial), MESSAGE_BYTES);
    const id = message.subarray(0, TEXT_MARK.idBytes);
    const tag = message.subarray(TEXT_MARK.idBytes);
    if (keys.some((key) => timingSafeEqual(tag, tagOf(id, key)))) {
      return { markId: toHex(id), cellCount: ranked.length };
    }
  }
  return undefined;
}

/** Another choice of cells each time: the best ones first, then each of them left out once, then pairs. */
function chosen(ranked: readonly CodeSymbol[], trial: number): CodeSymbol[] {
  if (trial === 0) return ranked.slice(0, MESSAGE_BYTES);
  const first = (trial - 1) % ranked.length;
  const second = (first + Math.ceil(trial / ranked.length)) % ranked.length;
  const rest = ranked.filter((_, at) => at !== first && (trial <= ranked.length || at !== second));
  return rest.length >= MESSAGE_BYTES ? rest.slice(0, MESSAGE_BYTES) : [...ranked.slice(0, MESSAGE_BYTES)];
}

function tagOf(id: Uint8Array, key: Uint8Array): Uint8Array {
  const mac = createHmac('sha256', key).update('witan-text-mark/1\n').update(id).digest();
  return new Uint8Array(mac.subarray(0, TEXT_MARK.tagBytes));
}

/** Place, value and a check of both as six digits of base 6. */
function cellText({ at, value }: CodeSymbol): string {
  let number = (at * 256 + value) * CHECK + checkOf(at, value);
  let digits = '';
  for (let digit = 0; digit < TEXT_MARK.cellLength; digit += 1) {
    digits += ALPHABET[number % 6]!;
    number = Math.floor(number / 6);
  }
  return digits;
}

/** Cells of a row of invisible characters; a row that lost some is read from both ends. */
function cellsIn(run: string): CodeSymbol[] {
  const { cellLength } = TEXT_MARK;
  const starts = new Set<number>();
  for (let at = 0; at + cellLength <= run.length; at += cellLength) {
    starts.add(at);
    if (run.length % cellLength !== 0) starts.add(run.length - cellLength - at);
  }
  return [...starts].flatMap((start) => cellAt(run, start) ?? []);
}

function cellAt(run: string, start: number): CodeSymbol | undefined {
  let number = 0;
  for (let digit = TEXT_MARK.cellLength - 1; digit >= 0; digit -= 1) {
    number = number * 6 + ALPHABET.indexOf(run[start + digit]!);
  }
  const symbol = Math.floor(number / CHECK);
  const cell = { at: symbol >> 8, value: symbol & 255 };
  return cell.at < TEXT_MARK.cellCount && number % CHECK === checkOf(cell.at, cell.value) ? cell : undefined;
}

function checkOf(at: number, value: number): number {
  return (at * 3 + value + (value >> 4) * 5) % CHECK;
}
