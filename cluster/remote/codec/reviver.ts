/** Plain values back to messages: the receiver's half of `shaper.ts`. */
import { ERROR_CODES, WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode, ErrorDetails } from '../../../contracts/errors.ts';
import type { AnyRef } from '../../../runtime/kernel/index.ts';
import { TAG, isTag } from './tags.ts';

/** Makes an address of its parts. @throws bad_encoding for parts that are none */
export type RefReader = (parts: readonly unknown[]) => AnyRef;

/**
 * Puts special values in the place of tagged arrays, in place; the input is used up.
 *
 * @throws bad_encoding for a tag that is not known here, or whose parts do not fit
 */
export function revive(value: unknown, readRef: RefReader): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return reviveArray(value as unknown[], readRef);
  // A view would keep the whole batch in memory as long as the message lives.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  const record = value as Record<string, unknown>;
  for (const name of Object.keys(record)) {
    const child = record[name];
    if (child !== null && typeof child === 'object') record[name] = revive(child, readRef);
  }
  return record;
}

function reviveArray(items: unknown[], readRef: RefReader): unknown {
  const tag = items[0];
  if (!isTag(tag)) return reviveItems(items, 0, readRef);
  switch (tag) {
    case TAG.undefined:
      return undefined;
    case TAG.negativeZero:
      return -0;
    case TAG.date:
      if (typeof items[1] === 'number') return new Date(items[1]);
      break;
    case TAG.bigint:
      if (typeof items[1] === 'string' && /^-?\d+$/.test(items[1])) return BigInt(items[1]);
      break;
    case TAG.map:
      return mapOf(reviveItems(items, 1, readRef));
    case TAG.set:
      return new Set(reviveItems(items, 1, readRef).slice(1));
    case TAG.error:
      return errorOf(reviveItems(items, 1, readRef));
    case TAG.ref:
      return readRef(items.slice(1));
    case TAG.text:
      if (items[1] instanceof Uint8Array && items[1].length % 2 === 0) return textOf(items[1]);
      break;
    case TAG.array: {
      // The first element looks like a tag and is a string: it stays.
      reviveItems(items, 1, readRef).shift();
      return items;
    }
  }
  throw new WitanError('bad_encoding', 'A value in the message is of a kind that is not known here');
}

function reviveItems(items: unknown[], from: number, readRef: RefReader): unknown[] {
  for (let index = from; index < items.length; index += 1) {
    const child = items[index];
    if (child !== null && typeof child === 'object') items[index] = revive(child, readRef);
  }
  return items;
}

function mapOf(items: readonly unknown[]): Map<unknown, unknown> {
  if (items.length % 2 === 0) throw new WitanError('bad_encoding', 'A map in the message lacks a value');
  const map = new Map<unknown, unknown>();
  for (let at = 1; at < items.length; at += 2) map.set(items[at], items[at + 1]);
  return map;
}

function textOf(units: Uint8Array): string {
  let text = '';
  for (let at = 0; at < units.length; at += 2) {
    text += String.fromCharCode(units[at]! | (units[at + 1]! << 8));
  }
  return text;
}

function errorOf([, code, message, details]: readonly unknown[]): WitanError {
  return errorFrom(code, message, details);
}

/** Error of its parts; a code that this version does not know becomes `internal`, and is named. */
export function errorFrom(code: unknown, message: unknown, details: unknown): WitanError {
  const text = typeof message === 'string' ? message : '';
  const known = details !== null && typeof details === 'object' ? { ...(details as ErrorDetails) } : {};
  if (typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)) {
    return new WitanError(code as ErrorCode, text, known);
  }
  return new WitanError('internal', text, { ...known, remoteCode: String(code).slice(0, 60) });
}
