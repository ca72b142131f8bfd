/**
 * Canonical JSON: one text per value, the form that is hashed and signed.
 *
 * @source RFC 8785 (JSON Canonicalization Scheme): keys by UTF-16 code units, numbers and strings as
 * ECMAScript prints them, no white space.
 */
import { WitanError } from '../errors.ts';
import { utf8 } from './bytes.ts';

/** Bounds of one canonical text. */
export interface CanonicalLimits {
  /** Objects and arrays inside each other (default 64). */
  readonly maxDepth?: number;
  /** UTF-16 code units of the whole text (default 16 Mi). */
  readonly maxLength?: number;
}

/** Bounds used where a caller gives none. */
export const CANONICAL_LIMITS = { maxDepth: 64, maxLength: 16_777_216 } as const;

/**
 * Canonical JSON text of a JSON value. Cost is linear in the size, plus sorting of keys.
 *
 * @throws invalid_argument for NaN, infinities, undefined, bigint, functions, symbols, lone surrogates,
 *   objects that are not plain, and cycles; too_deep and too_large past the limits. `details.path` says
 * where.
 * @source RFC 8785 §3.2
 * @example canonicalJson({ b: 1e21, a: [null, '€'] }) // '{"a":[null,"€"],"b":1e+21}'
 */
export function canonicalJson(value: unknown, limits: CanonicalLimits = CANONICAL_LIMITS): string {
  return new Writer(value, limits).write();
}

/** UTF-8 bytes of {@link canonicalJson}: what is hashed and signed. */
export function canonicalBytes(value: unknown, limits: CanonicalLimits = CANONICAL_LIMITS): Uint8Array {
  return utf8(canonicalJson(value, limits));
}

/**
 * Value of a text that must already be canonical: a second spelling, a duplicate key or white space is
 * refused.
 * @throws bad_encoding
 */
export function parseCanonicalJson(text: string, limits: CanonicalLimits = CANONICAL_LIMITS): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new WitanError(
      'bad_encoding',
      'the text is not JSON',
      { expected: 'canonical JSON (RFC 8785)' },
      cause,
    );
  }
  if (canonicalJson(value, limits) !== text) {
    throw new WitanError('bad_encoding', 'the JSON text is not canonical', {
      expected: 'canonical JSON (RFC 8785)',
    });
  }
  return value;
}

class Writer {
  readonly #root: unknown;
  readonly #maxDepth: number;
  readonly #maxLength: number;
  readonly #path: (string | number)[] = [];
  #text = '';

  constructor(root: unknown, limits: CanonicalLimits) {
    this.#root = root;
    this.#maxDepth = limits.maxDepth ?? CANONICAL_LIMITS.maxDepth;
    this.#maxLength = limits.maxLength ?? CANONICAL_LIMITS.maxLength;
  }

  write(): string {
    this.#value(this.#root);
    this.#checkLength();
    return this.#text;
  }

  #value(value: unknown): void {
    if (typeof value === 'string') this.#text += this.#quote(value);
    else if (typeof value === 'number') this.#text += this.#number(value);
    else if (value === null) this.#text += 'null';
    else if (typeof value === 'boolean') this.#text += value ? 'true' : 'false';
    else if (typeof value !== 'object') throw this.#refuse(`${typeof value} has no JSON form`);
    else if (this.#path.length >= this.#maxDepth) throw this.#tooDeep();
    else if (Array.isArray(value)) this.#array(value);
    else this.#object(value as Record<string, unknown>);
  }

  #array(value: readonly unknown[]): void {
    this.#text += '[';
    // An index loop, because iteration would hide that a hole is `undefined`.
    for (let index = 0; index < value.length; index += 1) {
      if (index > 0) this.#text += ',';
      this.#path.push(index);
      this.#value(value[index]);
      this.#path.pop();
    }
    this.#text += ']';
    this.#checkLength();
  }

  #object(value: Record<string, unknown>): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null)
      throw this.#refuse('only plain objects have a JSON form');
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#refuse('symbol keys have no JSON form');
    const keys = Object.keys(value);
    const order = knownOrder(keys) ?? this.#order(keys);
    this.#text += '{';
    for (let at = 0; at < order.keys.length; at += 1) {
      const key = order.keys[at]!;
      this.#path.push(key);
      this.#text += order.heads[at]!;
      this.#value(value[key]);
      this.#path.pop();
    }
    this.#text += '}';
    this.#checkLength();
  }

  #order(given: readonly string[]): KeyOrder {
    // The default order of sort() is by UTF-16 code units, which is what RFC 8785 §3.2.3 asks for.
    const keys = [...given].sort();
    const heads = keys.map((key, at) => `${at === 0 ? '' : ','}${this.#quote(key)}:`);
    const order = { given, keys, heads };
    keepOrder(order);
    return order;
  }

  #quote(text: string): string {
    // Short plain strings are most of a record, and a call of JSON.stringify costs more than this test.
    if (text.length <= 100 && !NEEDS_CARE.test(text)) return `"${text}"`;
    if (!(text as unknown as WellFormed).isWellFormed())
      throw this.#refuse('a lone surrogate has no UTF-8 form');
    return JSON.stringify(text);
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) throw this.#refuse(`${value} has no JSON form`);
    return String(value);
  }

  // Checked after every container, so that a value that refers to one part many times cannot grow without
  // bound.
  #checkLength(): void {
    if (this.#text.length <= this.#maxLength) return;
    throw new WitanError('too_large', 'the canonical text is too large', { path: this.#where() });
  }

  #tooDeep(): WitanError {
    const seen = new Set<unknown>();
    let at: unknown = this.#root;
    for (const step of this.#path) {
      if (seen.has(at)) return this.#refuse('the value contains itself');
      seen.add(at);
      at = (at as Record<string | number, unknown>)[step];
    }
    if (seen.has(at)) return this.#refuse('the value contains itself');
    const details = { path: this.#where(), expected: `at most ${this.#maxDepth} levels` };
    return new WitanError('too_deep', `nested deeper than ${this.#maxDepth} levels`, details);
  }

  #refuse(why: string): WitanError {
    return new WitanError('invalid_argument', why, { path: this.#where(), expected: 'a JSON value' });
  }

  #where(): string {
    return this.#path.slice(0, 32).join('.');
  }
}

/** `String.prototype.isWellFormed` is ES2024; every runtime that we support has it. */
interface WellFormed {
  isWellFormed(): boolean;
}

const NEEDS_CARE = /[\u0000-\u001f"\\\ud800-\udfff]/;

/** Keys as an object has them, and in canonical order with what stands before each value. */
interface KeyOrder {
  readonly given: readonly string[];
  readonly keys: readonly string[];
  readonly heads: readonly string[];
}

// Records come from a few schemas, so the order of their keys is kept. Both bounds hold off keys chosen by
// callers.
const MAX_FIRST_KEYS = 256;
const MAX_ORDERS_PER_KEY = 8;
const MAX_KEPT_KEYS = 40;
const keptOrders = new Map<string, KeyOrder[]>();

function knownOrder(given: readonly string[]): KeyOrder | undefined {
  const candidates = given.length === 0 ? undefined : keptOrders.get(given[0]!);
  if (!candidates) return undefined;
  for (const order of candidates) {
    if (order.given.length !== given.length) continue;
    let at = 1;
    while (at < given.length && order.given[at] === given[at]) at += 1;
    if (at === given.length) return order;
  }
  return undefined;
}

function keepOrder(order: KeyOrder): void {
  const { given } = order;
  if (given.length === 0 || given.length > MAX_KEPT_KEYS || given.some((key) => key.length > 40)) return;
  const candidates = keptOrders.get(given[0]!);
  if (!candidates && keptOrders.size < MAX_FIRST_KEYS) keptOrders.set(given[0]!, [order]);
  else if (candidates && candidates.length < MAX_ORDERS_PER_KEY) candidates.push(order);
}
