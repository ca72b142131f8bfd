/**
 * Recursive length prefix: the one form in which Ethereum hashes blocks, receipts and transactions.
 *
 * Strict: one spelling for each value, so that two readers never see two things in the same bytes.
 * @source Ethereum yellow paper, appendix B
 */
import { WitanError } from '../../errors.ts';
import { concatBytes } from '../../ledger/bytes.ts';

/** A byte string, or a list of them, to any depth. */
export type Rlp = Uint8Array | readonly Rlp[];

const MAX_DEPTH = 8;

/** Bytes of a value. */
export function encodeRlp(value: Rlp): Uint8Array {
  if (value instanceof Uint8Array) {
    if (value.length === 1 && value[0]! < 0x80) return value;
    return concatBytes(header(0x80, value.length), value);
  }
  const body = concatBytes(...value.map(encodeRlp));
  return concatBytes(header(0xc0, body.length), body);
}

/** Value of bytes; nothing may follow it. @throws bad_encoding */
export function decodeRlp(bytes: Uint8Array): Rlp {
  const { value, end } = read(bytes, 0, 0);
  if (end !== bytes.length) throw refused('nothing after the value');
  return value;
}

/** Value of bytes that must be a list of byte strings or lists. @throws bad_encoding */
export function decodeRlpList(bytes: Uint8Array): readonly Rlp[] {
  const value = decodeRlp(bytes);
  if (value instanceof Uint8Array) throw refused('a list');
  return value;
}

/** Bytes of a whole number, big-endian without leading zeros; none for 0. */
export function rlpNumber(value: bigint | number): Uint8Array {
  let rest = BigInt(value);
  const bytes: number[] = [];
  for (; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n));
  return Uint8Array.from(bytes);
}

/** Whole number of big-endian bytes without leading zeros. @throws bad_encoding */
export function numberOfRlp(value: Rlp | undefined): bigint {
  if (!(value instanceof Uint8Array)) throw refused('a number');
  if (value[0] === 0) throw refused('a number without leading zeros');
  let number = 0n;
  for (const byte of value) number = (number << 8n) | BigInt(byte);
  return number;
}

function header(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  const size = rlpNumber(length);
  return concatBytes(Uint8Array.of(base + 55 + size.length), size);
}

function read(bytes: Uint8Array, at: number, depth: number): { value: Rlp; end: number } {
  const first = bytes[at];
  if (first === undefined) throw refused('a value');
  if (depth > MAX_DEPTH) throw refused(`at most ${MAX_DEPTH} lists in each other`);
  if (first < 0x80) return { value: bytes.subarray(at, at + 1), end: at + 1 };
  const isList = first >= 0xc0;
  const { from, end } = extent(bytes, at, first - (isList ? 0xc0 : 0x80));
  if (!isList) {
    const value = bytes.subarray(from, end);
    if (value.length === 1 && value[0]! < 0x80) throw refused('the shortest form');
    return { value, end };
  }
  const items: Rlp[] = [];
  for (let next = from; next < end;) {
    const item = read(bytes, next, depth + 1);
    if (item.end > end) throw refused('an item inside its list');
    items.push(item.value);
    next = item.end;
  }
  return { value: items, end };
}

function extent(bytes: Uint8Array, at: number, code: number): { from: number; end: number } {
  const sizeBytes = Math.max(0, code - 55);
  if (sizeBytes > 4) throw refused('a length of at most 4 bytes');
  let length = code;
  if (sizeBytes > 0) {
    length = 0;
    for (let place = 1; place <= sizeBytes; place += 1) length = length * 256 + (bytes[at + place] ?? 0);
    if (length < 56 || bytes[at + 1] === 0) throw refused('the shortest form of a length');
  }
  const from = at + 1 + sizeBytes;
  if (from + length > bytes.length) throw refused('as many bytes as the length says');
  return { from, end: from + length };
}

function refused(expected: string): WitanError {
  return new WitanError('bad_encoding', `not RLP: expected ${expected}`, { expected });
}
