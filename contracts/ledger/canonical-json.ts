/**
 * Canonical JSON: one text per value, the form that is hashed and signed.
 *
 * @source RFC 8785 (JSON Canonicalization Scheme): keys by UTF-16 code units, numbers and strings as ECMAScript
 * prints them, no white space.
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
 * @throws invalid_argument for NaN, infinities, undefined, bigint, functions, symbols, lone surrogates, objects
 *   that are not plain, and cycles; too_deep and too_large past the limits. `details.path` says where.
 * @source RFC 8785 §3.2
 * @example canonicalJson({ b: 1e21, a: [null, '€'] }) // '{"a":[null,"€"],"b":1e+21}'
 */
export function canonicalJson(value: unknown, limits: CanonicalLimits = CANONICAL_LIMITS): string {
  return new Writer(value, limits).write(value);
}

/** UTF-8 bytes of {@link canonicalJson}: what is hashed and signed. */
export function canonicalBytes(value: unknown, limits: CanonicalLimits = CANONICAL_LIMITS): Uint8Array {
  return utf8(canonicalJson(value, limits));
}

/**
 * Value of a text that must already be canonical: a second spelling, a duplicate key or white space is refused.
 * @throws bad_encoding
 */
export function parseCanonicalJson(text: string, limits: CanonicalLimits = CANONICAL_LIMITS): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new WitanError('bad_encoding', 'the text is not JSON', { expected: 'canonical JSON (RFC 8785)' }, cause);
  }
  if (canonicalJson(value, limits) !== text) {
    throw new WitanError('bad_encoding', 'the JSON text is not canonical', { expected: 'canonical JSON (RFC 8785)' });
  }
  return value;
}

class Writer {
  readonly #root: unknown;
  readonly #maxDepth: number;
  readonly #path: (string | number)[] = [];
  #room: number;

  constructor(root: unknown, limits: CanonicalLimits) {
    this.#root = root;
    this.#maxDepth = limits.maxDepth ?? CANONICAL_LIMITS.maxDepth;
    this.#room = limits.maxLength ?? CANONICAL_LIMITS.maxLength;
  }

  write(value: unknown): string {
    if (typeof value === 'string') return this.#spend(this.#quote(value));
    if (typeof value === 'number') return this.#spend(this.#number(value));
    if (value === null) return this.#spend('null');
    if (typeof value === 'boolean') return this.#spend(value ? 'true' : 'false');
    if (typeof value !== 'object') throw this.#refuse(`${typeof value} has no JSON form`);
    if (this.#path.length >= this.#maxDepth) throw this.#tooDeep();
    return Array.isArray(value) ? this.#array(value) : this.#object(value as Record<string, unknown>);
  }

  #array(value: readonly unknown[]): string {
    let text = this.#spend('[');
    // An index loop, because iteration would skip nothing but hide that holes are `undefined`.
    for (let index = 0; index < value.length; index += 1) {
      if (index > 0) text += this.#spend(',');
      this.#path.push(index);
      text += this.write(value[index]);
      this.#path.pop();
    }
    return text + this.#spend(']');
  }

  #object(value: Record<string, unknown>): string {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw this.#refuse('only plain objects have a JSON form');
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#refuse('symbol keys have no JSON form');
    let text = this.#spend('{');
    let first = true;
    // The default order of sort() is by UTF-16 code units, which is what RFC 8785 §3.2.3 asks for.
    for (const key of Object.keys(value).sort()) {
      this.#path.push(key);
      text += this.#spend(first ? this.#key(key) : `,${this.#key(key)}`) + this.write(value[key]);
      this.#path.pop();
      first = false;
    }
    return text + this.#spend('}');
  }

  #key(key: string): string {
    const known = quotedKeys.get(key);
    if (known !== undefined) return known;
    const quoted = `${this.#quote(key)}:`;
    if (quotedKeys.size < MAX_QUOTED_KEYS && key.length < 100) quotedKeys.set(key, quoted);
    return quoted;
  }

  #quote(text: string): string {
    if (!(text as unknown as WellFormed).isWellFormed()) throw this.#refuse('a lone surrogate has no UTF-8 form');
    return JSON.stringify(text);
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) throw this.#refuse(`${value} has no JSON form`);
    return String(value);
  }

  #spend(piece: string): string {
    this.#room -= piece.length;
    if (this.#room < 0) throw new WitanError('too_large', 'the canonical text is too large', { path: this.#where() });
    return piece;
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

// Keys come from a few schemas, so their quoted forms are kept; the bound holds off keys chosen by callers.
const MAX_QUOTED_KEYS = 2_048;
const quotedKeys = new Map<string, string>();
