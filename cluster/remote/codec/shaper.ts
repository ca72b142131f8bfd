/** Messages to plain values: what a codec cannot carry is tagged, what nobody can carry is refused. */
import { WitanError } from '../../../contracts/errors.ts';
import type { AnyRef } from '../../../runtime/kernel/index.ts';
import type { CodecLimits } from './limits.ts';
import { TAG, isTag } from './tags.ts';

/** Plain parts that stand for an address. */
export type RefParts = readonly (string | number)[];

/** Writes addresses. @throws WitanError for one that cannot leave this node */
export type RefWriter = (ref: AnyRef) => RefParts;

/** Result of {@link Shaper.shape}. */
export interface Shaped {
  readonly value: unknown;
  /** Whether something in it is tagged; plain values need no second walk at the receiver. */
  readonly isTagged: boolean;
}

/**
 * Walks messages before they are encoded. Values without anything special come back as they are, uncopied.
 *
 * Kept: null, booleans, strings (ill-formed ones too), numbers with NaN, infinities and −0, undefined,
 * bigint, Date, Map, Set, Uint8Array (of any subclass, arrives as plain Uint8Array), arrays, plain objects,
 * refs, WitanError (without cause and stack). Everything else is refused.
 */
export class Shaper {
  private readonly limits: CodecLimits;
  private readonly writeRef: RefWriter;
  /** Keys on the way to the value at hand, for the path in a refusal. */
  private readonly keys: (string | number)[] = [];
  private isTagged = false;
  private valuesLeft = 0;
  private bytesLeft = 0;

  constructor(limits: CodecLimits, writeRef: RefWriter) {
    this.limits = limits;
    this.writeRef = writeRef;
  }

  /**
   * Plain form of `message`.
   *
   * @throws invalid_argument with the path of a value that cannot travel
   * @throws too_deep, too_large past the limits; a cycle is too deep
   */
  shape(message: unknown): Shaped {
    this.isTagged = false;
    this.valuesLeft = this.limits.maxValues;
    this.bytesLeft = this.limits.maxBytes;
    const value = this.any(message, 0);
    return { value, isTagged: this.isTagged };
  }

  private any(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return this.text(value, depth);
      case 'number':
        if (value === 0 && 1 / value < 0) return this.tagged([TAG.negativeZero]);
        return value;
      case 'boolean':
        return value;
      case 'undefined':
        return this.tagged([TAG.undefined]);
      case 'bigint': {
        const digits = String(value);
        this.spend(digits.length, depth);
        return this.tagged([TAG.bigint, digits]);
      }
      case 'object':
        return value === null ? value : this.object(value, depth);
      default:
        return this.refuse(depth, `a ${typeof value}`);
    }
  }

  private object(value: object, depth: number): unknown {
    if (depth > this.limits.maxDepth) {
      const path = this.pathTo(depth);
      throw new WitanError('too_deep', 'The message is nested too deep to be sent', { path });
    }
    this.spend(1, depth);
    if (Array.isArray(value)) return this.array(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return this.record(value as Record<string, unknown>, depth);
    }
    return this.instance(value, depth);
  }

  private record(value: Record<string, unknown>, depth: number): unknown {
    let copy: Record<string, unknown> | undefined;
    const names = Object.keys(value);
    this.countValues(names.length, depth);
    for (const name of names) {
      this.keys[depth] = name;
      if (name === '__proto__' || !isWellFormed(name)) return this.refuse(depth + 1, 'a key of that name');
      this.spend(name.length, depth);
      const child = value[name];
      const shaped = this.any(child, depth + 1);
      if (shaped !== child) (copy ??= { ...value })[name] = shaped;
    }
    const [symbol] = Object.getOwnPropertySymbols(value);
    if (symbol !== undefined) return this.refuse(depth, 'a symbol as key');
    return copy ?? value;
  }

  private array(value: readonly unknown[], depth: number): unknown {
    this.countValues(value.length, depth);
    const shaped = this.items(value, depth);
    if (value.length > 0 && isTag(value[0])) return this.tagged([TAG.array, ...shaped]);
    return shaped;
  }

  private items(value: readonly unknown[], depth: number): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index += 1) {
      this.keys[depth] = index;
      const child = value[index];
      const shaped = this.any(child, depth + 1);
      if (shaped !== child) (copy ??= [...value])[index] = shaped;
    }
    return copy ?? value;
  }

  private instance(value: object, depth: number): unknown {
    if (value instanceof Uint8Array) {
      this.spend(value.byteLength, depth);
      // Not wrapped, but the receiver has to copy it out of the batch.
      this.isTagged = true;
      return value;
    }
    if (value instanceof Date) return this.tagged([TAG.date, value.getTime()]);
    if (value instanceof Map) {
      const flat: unknown[] = [];
      for (const [key, item] of value as Map<unknown, unknown>) flat.push(key, item);
      return this.collection(TAG.map, flat, depth);
    }
    if (value instanceof Set) return this.collection(TAG.set, [...(value as Set<unknown>)], depth);
    if (value instanceof WitanError) {
      const details = this.any({ ...value.details }, depth + 1);
      return this.tagged([TAG.error, value.code, this.text(value.message, depth), details]);
    }
    if (isRef(value)) return this.tagged([TAG.ref, ...this.writeRef(value)]);
    const maker = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return this.refuse(depth, typeof maker === 'string' ? `an instance of ${maker}` : 'an instance');
  }

  private collection(tag: string, items: readonly unknown[], depth: number): unknown {
    this.countValues(items.length, depth);
    return this.tagged([tag, ...this.items(items, depth)]);
  }

  private text(value: string, depth: number): unknown {
    this.spend(value.length, depth);
    if (isWellFormed(value)) return value;
    const units = new Uint8Array(value.length * 2);
    for (let at = 0; at < value.length; at += 1) {
      const unit = value.charCodeAt(at);
      units[2 * at] = unit & 0xff;
      units[2 * at + 1] = unit >> 8;
    }
    return this.tagged([TAG.text, units]);
  }

  private tagged(parts: unknown[]): unknown {
    this.isTagged = true;
    return parts;
  }

  private countValues(count: number, depth: number): void {
    this.valuesLeft -= count;
    if (this.valuesLeft < 0) this.tooLarge(depth, `${this.limits.maxValues} values`);
  }

  private spend(bytes: number, depth: number): void {
    this.bytesLeft -= bytes;
    if (this.bytesLeft < 0) this.tooLarge(depth, `${this.limits.maxBytes} bytes`);
  }

  private tooLarge(depth: number, most: string): never {
    const path = this.pathTo(depth);
    throw new WitanError('too_large', `A message between nodes holds at most ${most}`, { path });
  }

  private refuse(depth: number, what: string): never {
    const path = this.pathTo(depth);
    const place = path === '' ? 'The message is' : `The message holds at ${path}`;
    throw new WitanError('invalid_argument', `${place} ${what}, which cannot travel between nodes`, { path });
  }

  private pathTo(depth: number): string {
    return this.keys.slice(0, depth).join('.');
  }
}

/** Whether an instance is an address of some kind. */
export function isRef(value: object): value is AnyRef {
  const { tell, path, node } = value as { tell?: unknown; path?: unknown; node?: unknown };
  return typeof tell === 'function' && typeof path === 'string' && typeof node === 'string';
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
