/** Fingerprint of an input: near-same inputs get near-same fingerprints, so that repeats can be linked. */
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { isFrozenDeep } from '../frozen.ts';

/** 64-bit SimHash, 16 lower-case hex digits. */
export type Fingerprint = string;

/** Bits of the largest count of shingles. */
const PLANE_COUNT = 15;
/** Characters of one shingle: a changed word moves few of them, re-ordered words move some. */
const SHINGLE_LENGTH = 5;
/** Characters that are looked at; more cost time and hardly move the fingerprint. */
const MAX_LENGTH = 20_000;

/**
 * Fingerprint of what a request asks: case, spacing, punctuation, compatibility forms and invisible
 * characters do not count. O(length). The type and the structured context are part of it.
 * @source Charikar 2002, "Similarity estimation techniques from rounding algorithms" (SimHash)
 */
export function fingerprintOf(request: DecisionRequest): Fingerprint {
  const before = known.get(request);
  if (before !== undefined) return before;
  const fingerprint = simHash(request);
  if (isFrozenDeep(request)) known.set(request, fingerprint);
  return fingerprint;
}

/** Of requests that cannot change: each is asked about when it comes in and again when it is indexed. */
const known = new WeakMap<DecisionRequest, Fingerprint>();

function simHash(request: DecisionRequest): Fingerprint {
  const text = normalisedText(textOf(request));
  const counts = { left: new Int32Array(PLANE_COUNT), right: new Int32Array(PLANE_COUNT) };
  const last = Math.max(1, text.length - SHINGLE_LENGTH + 1);
  for (let at = 0; at < last; at += 1) addVotes(counts, text, at);
  return majority(counts.left, last) + majority(counts.right, last);
}

/** Number of bits in which two fingerprints differ, 0 to 64. */
export function fingerprintDistance(left: Fingerprint, right: Fingerprint): number {
  return bitDistance(bitsOf(left), bitsOf(right));
}

/** A fingerprint as two signed 32-bit words, for those who compare it with many. */
export interface FingerprintBits {
  readonly high: number;
  readonly low: number;
}

/** Words of a fingerprint. */
export function bitsOf(fingerprint: Fingerprint): FingerprintBits {
  return {
    high: Number.parseInt(fingerprint.slice(0, 8), 16) | 0,
    low: Number.parseInt(fingerprint.slice(8), 16) | 0,
  };
}

/** Same as {@link fingerprintDistance} on words. */
export function bitDistance(left: FingerprintBits, right: FingerprintBits): number {
  return onesIn(left.high ^ right.high) + onesIn(left.low ^ right.low);
}

/** @source Warren, "Hacker's Delight", figure 5-2 */
function onesIn(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function textOf(request: DecisionRequest): string {
  const parts = [request.type, request.text ?? ''];
  for (const message of request.messages ?? []) parts.push(message.role, message.content);
  for (const claim of request.claims ?? []) parts.push(claim.text, ...claim.evidence);
  if (request.context) parts.push(sortedText(request.context));
  for (const attachment of request.attachments ?? []) parts.push(attachment.digest);
  return parts.join('\n');
}

function normalisedText(text: string): string {
  const folded = text
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .toLowerCase();
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).join(' ').slice(0, MAX_LENGTH);
}

function sortedText(value: unknown): string {
  if (Array.isArray(value)) return value.map(sortedText).join(' ');
  if (value === null || typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([key, item]) => `${key} ${sortedText(item)}`).join(' ');
}

/** Two 32-bit FNV-1a hashes with different bases; a fingerprint needs spread, not secrecy. */
function addVotes(counts: { left: Int32Array; right: Int32Array }, text: string, start: number): void {
  let left = 0x811c9dc5;
  let right = 0x9747b28c;
  const end = Math.min(text.length, start + SHINGLE_LENGTH);
  for (let at = start; at < end; at += 1) {
    const unit = text.charCodeAt(at);
    left = Math.imul(left ^ unit, 0x01000193);
    right = Math.imul(right ^ unit, 0x85ebca6b);
  }
  left = mixed(left);
  right = mixed(right);
  count(counts.left, left);
  count(counts.right, right);
}

/** Adds the bits of a word to 32 counters at once: plane `n` holds bit `n` of every counter. */
function count(planes: Int32Array, word: number): void {
  for (let plane = 0, carry = word; carry !== 0; plane += 1) {
    const before = planes[plane]!;
    planes[plane] = before ^ carry;
    carry &= before;
  }
}

/** Bits that more than half of `total` words had, lowest first, eight hex digits. */
function majority(planes: Int32Array, total: number): string {
  let hex = '';
  for (let nibble = 0; nibble < 8; nibble += 1) {
    let value = 0;
    for (let bit = 0; bit < 4; bit += 1) {
      let ones = 0;
      for (let plane = 0; plane < PLANE_COUNT; plane += 1) {
        ones += ((planes[plane]! >>> (nibble * 4 + bit)) & 1) << plane;
      }
      if (ones * 2 > total) value |= 8 >> bit;
    }
    hex += value.toString(16);
  }
  return hex;
}

/** @source Appleby, MurmurHash3 finaliser (public domain) */
function mixed(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
