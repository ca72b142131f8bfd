/** Data that several messages hold in common: written once for all of a batch (protocol 2). */
import { WitanError } from '../../../contracts/errors.ts';
import { freezeDeep, isFrozenDeep } from '../../../runtime/kernel/frozen.ts';
import type { ByteCodec } from '../codec/byte-codec.ts';
import type { Shaper } from '../codec/shaper.ts';
import { FRAME } from '../wire/frames.ts';
import type { Frame, Letter, SharedNames } from '../wire/frames.ts';

/** First version of the protocol that has such parts. */
export const SHARING_VERSION = 2;
/** Below this a frame of its own costs more than to write the part again; bytes. */
const WORTH_BYTES = 256;

/** A part as it is written. */
export interface SharedPart {
  /** Number within this run. */
  readonly id: number;
  readonly frame: Uint8Array;
}

/** A message, apart from what it shares with others. */
export interface Split {
  /** With null in the place of each part. */
  readonly content: unknown;
  readonly names: SharedNames;
  readonly parts: readonly SharedPart[];
}

/**
 * Takes out of messages what is deeply frozen, of JSON alone and worth it. Only fields of the message
 * itself are looked at, and what was frozen was shaped and encoded once for as long as it lives.
 */
export class PartSharer {
  readonly #shaper: Shaper;
  readonly #codec: ByteCodec;
  /** Null: looked at before, not to be shared. */
  readonly #known = new WeakMap<object, SharedPart | null>();
  #count = 0;

  constructor(shaper: Shaper, codec: ByteCodec) {
    this.#shaper = shaper;
    this.#codec = codec;
  }

  /** Undefined for a message with nothing to share. */
  split(message: unknown): Split | undefined {
    if (!isRecord(message)) return undefined;
    let content: Record<string, unknown> | undefined;
    const names: (string | number)[] = [];
    const parts: SharedPart[] = [];
    for (const name of Object.keys(message)) {
      const value = message[name];
      const part = isFrozenDeep(value) ? this.#partOf(value as object) : null;
      if (part === null) continue;
      content ??= { ...message };
      content[name] = null;
      names.push(name, part.id);
      parts.push(part);
    }
    return content && { content, names, parts };
  }

  #partOf(value: object): SharedPart | null {
    let part = this.#known.get(value);
    if (part === undefined) this.#known.set(value, (part = this.#write(value)));
    return part;
  }

  #write(value: object): SharedPart | null {
    try {
      const { value: plain, isTagged } = this.#shaper.shape(value);
      if (isTagged) return null;
      const id = this.#count + 1;
      // A copy: what the codec returns is a piece of a larger buffer.
      const frame = this.#codec.encode([FRAME.part, id, plain]).slice();
      if (frame.length < WORTH_BYTES) return null;
      this.#count = id;
      return { id, frame };
    } catch {
      // Refused as a part of its message, with the path that leads to it.
      return null;
    }
  }
}

/** Parts of one batch at its receiver. */
export class BatchParts {
  readonly #values = new Map<number, unknown>();

  /** Keeps a part; frozen, for it goes into several messages. */
  add({ id, content }: Extract<Frame, { kind: 'part' }>): void {
    this.#values.set(id, freezeDeep(content));
  }

  /** The parts that a letter names, with the field that holds each. @throws bad_encoding for one that lacks */
  of(names: SharedNames): NonNullable<Letter['parts']> {
    const parts: [string, unknown][] = [];
    for (let at = 0; at < names.length; at += 2) {
      const [name, id] = [names[at] as string, names[at + 1] as number];
      if (!this.#values.has(id))
        throw new WitanError('bad_encoding', 'A batch lacks a part that a letter names');
      parts.push([name, this.#values.get(id)]);
    }
    return parts;
  }
}

/** Puts the parts of a letter into its content, which is used up. */
export function wholeContent(content: unknown, parts: Letter['parts']): unknown {
  if (parts === undefined) return content;
  const record = content as Record<string, unknown>;
  for (const [name, value] of parts) record[name] = value;
  return record;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
