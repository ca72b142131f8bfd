/** Envelopes: what travels with a message beyond its content (RUN-05), made only when someone needs it. */
import type { Budget } from '../actor.ts';
import type { AnyRef } from '../ref.ts';

/** Everything that is known about a message on its way; the same for local and remote messages. */
export interface Envelope {
  readonly messageId: string;
  /** `type` of the message, or the name of its constructor. */
  readonly type: string;
  /** Version of the message's shape (default 1). */
  readonly schemaVersion: number;
  /** Path of the sender; undefined when it did not say. */
  readonly sender: string | undefined;
  readonly recipient: string;
  /** First message of the conversation; its own id for the first. */
  readonly correlationId: string;
  /** Message whose handling caused this one. */
  readonly causationId: string | undefined;
  /** Milliseconds left when this was read; undefined without a budget. */
  readonly remainingMs: number | undefined;
  /** 0 is most urgent (default 1). */
  readonly priority: number;
  /** W3C trace context. */
  readonly traceparent: string | undefined;
  readonly tenant: string | undefined;
  /** Generation of the sender's lease, where it acts under one. */
  readonly generation: number | undefined;
}

/** What a sender may say about a message. */
export interface MessageOptions {
  readonly sender?: AnyRef | undefined;
  /** Work whose budget has run out is not started: it becomes a dead letter `expired`. */
  readonly budget?: Budget | undefined;
  readonly messageId?: string | undefined;
  readonly schemaVersion?: number | undefined;
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
  readonly priority?: number | undefined;
  readonly traceparent?: string | undefined;
  readonly tenant?: string | undefined;
  readonly generation?: number | undefined;
}

/** Default of {@link Envelope.priority}. */
export const DEFAULT_PRIORITY = 1;

/** Origin of a message that came with options; stands in the mailbox where a plain message has its sender. */
export class Parcel {
  readonly sender: AnyRef | undefined;
  readonly options: MessageOptions;
  /** Given once, at the first look. */
  messageId: string | undefined;

  constructor(sender: AnyRef | undefined, options: MessageOptions) {
    this.sender = sender;
    this.options = options;
    this.messageId = options.messageId;
  }
}

/** Sender behind an origin: the sender itself, the one inside a parcel, or none. */
export function senderOf(origin: unknown): AnyRef | undefined {
  return origin instanceof Parcel ? origin.sender : (origin as AnyRef | undefined);
}

/** Budget behind an origin, if any. */
export function budgetOf(origin: unknown): Budget | undefined {
  return origin instanceof Parcel ? origin.options.budget : undefined;
}

/** Name of a message's kind: its `type` field, or its constructor, or its primitive type. */
export function messageTypeOf(message: unknown): string {
  if (message === null || typeof message !== 'object') return message === null ? 'null' : typeof message;
  const type = (message as { type?: unknown }).type;
  if (typeof type === 'string') return type;
  const maker = (message as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'Object';
}

/** Builds the envelope of one message. `makeId` is called when the message has no id yet. */
export function openEnvelope(
  message: unknown,
  origin: unknown,
  context: { recipient: string; makeId: () => string },
): Envelope {
  const options = origin instanceof Parcel ? origin.options : NO_OPTIONS;
  let messageId: string;
  if (origin instanceof Parcel) messageId = origin.messageId ??= context.makeId();
  else messageId = context.makeId();
  return {
    messageId,
    type: messageTypeOf(message),
    schemaVersion: options.schemaVersion ?? 1,
    sender: senderOf(origin)?.path,
    recipient: context.recipient,
    correlationId: options.correlationId ?? messageId,
    causationId: options.causationId,
    remainingMs: options.budget?.remainingMs(),
    priority: options.priority ?? DEFAULT_PRIORITY,
    traceparent: options.traceparent,
    tenant: options.tenant,
    generation: options.generation,
  };
}

const NO_OPTIONS: MessageOptions = {};
