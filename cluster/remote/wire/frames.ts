/** What stands in a batch: one array for each frame, its kind first. New fields go to the end. */
import { WitanError } from '../../../contracts/errors.ts';
import type { StopReason } from '../../../runtime/kernel/index.ts';
import type { WireEnvelope } from './envelope.ts';

/** Kinds of frames; a number is never used again for something else. */
export const FRAME = {
  tell: 1,
  ask: 2,
  reply: 3,
  failed: 4,
  watch: 5,
  unwatch: 6,
  ended: 7,
  moved: 8,
  cancel: 9,
  /** From version 2: data that letters of the same batch name. */
  part: 10,
} as const;

/** Sender of a message: a path on the sending node, parts of another address, or none. */
export type WireSender = string | readonly (string | number)[] | null;

/** Names of fields, each followed by the number of the part of the batch that it holds. */
export type SharedNames = readonly (string | number)[];

/** A message on its way, content still plain. */
export interface Letter {
  readonly path: string;
  readonly content: unknown;
  /** Whether the content holds tagged values. */
  readonly isTagged: boolean;
  readonly sender: WireSender;
  readonly envelope: WireEnvelope | null;
  /** Asks only: number of the reply address at the asker. */
  readonly askId: number | undefined;
  /** Asks only: ms that are left; undefined: no limit. */
  readonly askMs: number | undefined;
  /** Fields whose values are parts of the batch; null stands in the content. */
  readonly shared?: SharedNames | undefined;
  /** Those fields with their values, once they are known. */
  readonly parts?: readonly (readonly [name: string, value: unknown])[];
}

/** What a cancel means: `ask`, nobody waits any more; `budget`, the work's budget ended before its time. */
export const CANCEL = { ask: 0, budget: 1 } as const;

/** A frame as the receiver sees it. */
export type Frame =
  | { readonly kind: 'letter'; readonly letter: Letter }
  | { readonly kind: 'reply'; readonly id: number; readonly content: unknown; readonly isTagged: boolean }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly details: unknown;
      readonly isTagged: boolean;
    }
  | { readonly kind: 'watch'; readonly id: number; readonly path: string }
  | { readonly kind: 'unwatch'; readonly id: number }
  | { readonly kind: 'ended'; readonly id: number; readonly reason: StopReason }
  | {
      readonly kind: 'moved';
      /** Of the newest owner that the refusing node knows. */
      readonly generation: number;
      readonly node: string | undefined;
      /** What was not handled, as it came. */
      readonly letter: Letter;
    }
  | { readonly kind: 'cancel'; readonly id: number; readonly what: number }
  | { readonly kind: 'part'; readonly id: number; readonly content: unknown };

/** Plain form of a letter. */
export function letterFrame(letter: Letter): unknown[] {
  const { path, content, isTagged, sender, envelope, askId, shared } = letter;
  const frame: unknown[] = [FRAME.tell, path, content, isTagged, sender, envelope];
  if (askId !== undefined) {
    frame[0] = FRAME.ask;
    frame.push(askId, letter.askMs ?? null);
  } else if (shared) frame.push(null, null);
  if (shared) frame.push(shared);
  return frame;
}

/** Plain form of a letter that is sent back: its owner is elsewhere. */
export function movedFrame(
  letter: Letter,
  owner: { generation: number; node?: string | undefined },
): unknown[] {
  return [FRAME.moved, owner.generation, owner.node ?? null, letterFrame(letter)];
}

/** Reads a frame. @throws bad_encoding when its fields do not fit, not_supported for an unknown kind */
export function readFrame(plain: unknown): Frame {
  if (!Array.isArray(plain)) throw malformed();
  const fields = plain as readonly unknown[];
  switch (fields[0]) {
    case FRAME.tell:
    case FRAME.ask:
      return { kind: 'letter', letter: letterOf(fields) };
    case FRAME.reply:
      return { kind: 'reply', id: count(fields[1]), content: fields[2], isTagged: fields[3] === true };
    case FRAME.failed: {
      const [, id, code, message, details, isTagged] = fields;
      return {
        ...{ kind: 'failed', id: count(id), code: text(code), message: text(message) },
        ...{ details, isTagged: isTagged === true },
      };
    }
    case FRAME.watch:
      return { kind: 'watch', id: count(fields[1]), path: text(fields[2]) };
    case FRAME.unwatch:
      return { kind: 'unwatch', id: count(fields[1]) };
    case FRAME.ended:
      return { kind: 'ended', id: count(fields[1]), reason: reasonOf(fields[2]) };
    case FRAME.moved: {
      const [, generation, node, inner] = fields;
      if (!Array.isArray(inner)) throw malformed();
      const letter = letterOf(inner as readonly unknown[]);
      return {
        kind: 'moved',
        generation: count(generation),
        node: node === null ? undefined : text(node),
        letter,
      };
    }
    case FRAME.cancel:
      return { kind: 'cancel', id: count(fields[1]), what: count(fields[2]) };
    case FRAME.part:
      return { kind: 'part', id: count(fields[1]), content: fields[2] };
    default:
      throw new WitanError('not_supported', 'A frame is of a kind that is not known here');
  }
}

function letterOf(fields: readonly unknown[]): Letter {
  const [kind, path, content, isTagged, sender, envelope, askId, askMs, shared] = fields;
  if (kind !== FRAME.tell && kind !== FRAME.ask) throw malformed();
  if (envelope !== null && !Array.isArray(envelope)) throw malformed();
  if (sender !== null && typeof sender !== 'string' && !Array.isArray(sender)) throw malformed();
  if (askMs !== undefined && askMs !== null && typeof askMs !== 'number') throw malformed();
  const names = shared ?? undefined;
  if (names !== undefined && !isNames(names, content)) throw malformed();
  return {
    path: text(path),
    content,
    isTagged: isTagged === true,
    sender: sender as WireSender,
    envelope: envelope as WireEnvelope | null,
    askId: kind === FRAME.ask ? count(askId) : undefined,
    askMs: askMs ?? undefined,
    ...(names !== undefined && { shared: names }),
  };
}

/** Each name is a field of the content that holds nothing: no other field can be written over. */
function isNames(shared: unknown, content: unknown): shared is SharedNames {
  if (!Array.isArray(shared) || shared.length % 2 !== 0) return false;
  if (content === null || typeof content !== 'object') return false;
  return shared.every((item: unknown, at) => {
    if (at % 2 !== 0) return Number.isSafeInteger(item);
    return (
      typeof item === 'string' &&
      Object.hasOwn(content, item) &&
      (content as Record<string, unknown>)[item] === null
    );
  });
}

const STOP_REASONS: readonly StopReason[] = ['stopped', 'crashed', 'unreachable', 'never-existed'];

function reasonOf(value: unknown): StopReason {
  // A reason of a newer version still means that the actor is gone.
  return STOP_REASONS.find((reason) => reason === value) ?? 'stopped';
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed();
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw malformed();
}

function malformed(): WitanError {
  return new WitanError('bad_encoding', 'A frame has other fields than its kind');
}
