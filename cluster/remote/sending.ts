/** What leaves this node: messages, asks, answers and failures become frames of an association. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import type { AnyRef, MessageOptions, StopReason } from '../../runtime/kernel/index.ts';
import type { Core, DeadLetterRecipient } from '../../runtime/kernel/cell/core.ts';
import type { DeadLetterReason } from '../../runtime/kernel/inspection-info.ts';
import { Parcel } from '../../runtime/kernel/messaging/envelope.ts';
import { ReplyRef } from '../../runtime/kernel/messaging/reply-ref.ts';
import type { AddressBook } from './address-book.ts';
import type { ByteCodec } from './codec/byte-codec.ts';
import type { Shaper } from './codec/shaper.ts';
import type { Counters } from './counters.ts';
import type { AskEnd, IncomingAsk } from './incoming-ask.ts';
import type { Association } from './links/association.ts';
import type { Routes } from './links/routes.ts';
import type { OpenAsks } from './open-asks.ts';
import type { RefTransport, RemoteRef, RemoteReply } from './remote-ref.ts';
import { PartSharer, SHARING_VERSION } from './links/shared-parts.ts';
import type { SharedPart } from './links/shared-parts.ts';
import type { Watches } from './watches.ts';
import type { BatchSender } from './wire/batch.ts';
import { isSpent, writeEnvelope } from './wire/envelope.ts';
import { CANCEL, FRAME, letterFrame } from './wire/frames.ts';

/** Parts that sending works with. */
export interface SendingParts {
  readonly core: Core;
  readonly self: BatchSender;
  readonly routes: Routes;
  readonly asks: OpenAsks;
  readonly watches: Watches;
  readonly book: AddressBook;
  readonly shaper: Shaper;
  readonly codec: ByteCodec;
  readonly counters: Counters;
  readonly maxBytes: number;
}

interface Sent {
  readonly message: unknown;
  readonly options: MessageOptions;
  readonly ask: ReplyRef | undefined;
}

/** Outgoing half of remoting. Nothing here throws at a sender. */
export class Sending implements RefTransport {
  private readonly parts: SendingParts;
  private readonly sharer: PartSharer;
  private isClosed = false;

  constructor(parts: SendingParts) {
    this.parts = parts;
    this.sharer = new PartSharer(parts.shaper, parts.codec);
  }

  /** From now on everything becomes a dead letter `stopped`. */
  close(): void {
    this.isClosed = true;
  }

  send(ref: RemoteRef, message: unknown, options: MessageOptions): void {
    const { core, routes, asks } = this.parts;
    const { sender } = options;
    const ask = sender instanceof ReplyRef && !sender.settled && sender.core === core ? sender : undefined;
    if (isSpent(options.budget)) {
      this.deadLetter(ref as AnyRef, { message, options, ask }, 'expired');
      return;
    }
    try {
      if (this.isClosed) throw new WitanError('stopped', 'This node has left its cluster');
      const to = routes.to(ref.node);
      if (ask !== undefined) {
        // Whoever passed it on may stop: another node owes the answer now.
        ask.oweElsewhere();
        asks.enter(ask, to);
      }
      this.postLetter(to, ref.path, { message, options, ask });
      if (ask !== undefined && options.budget !== undefined) this.followBudget(ask, to, options);
    } catch (error) {
      this.refuse(ref as AnyRef, { message, options, ask }, toWitanError(error));
    }
  }

  reply(ref: RemoteReply, message: unknown, sender: AnyRef | undefined): void {
    const { self, asks, routes } = this.parts;
    const recipient = ref as AnyRef;
    if (ref.node === self.node && ref.incarnation === self.incarnation) {
      const ask = asks.answered(ref.id);
      if (ask !== undefined) ask.tell(message, sender);
      else this.deadLetter(recipient, { message, options: { sender }, ask: undefined }, 'late-reply');
      return;
    }
    const to = this.isClosed ? undefined : routes.back(ref);
    const error =
      to === undefined
        ? new WitanError('unavailable', 'The node that asked is gone', { node: ref.node })
        : this.postReply(to, ref.id, message);
    if (error !== undefined) this.refuse(recipient, { message, options: { sender }, ask: undefined }, error);
  }

  watch(ref: RemoteRef, onEnd: (reason: StopReason) => void): () => void {
    return this.parts.watches.start(ref, onEnd);
  }

  /** Takes ends of asks back to the run that asked. */
  endsFor(run: BatchSender, onEnd: (ask: IncomingAsk) => void): AskEnd {
    return {
      answer: (ask, message) => {
        onEnd(ask);
        const to = this.parts.routes.back(run);
        if (to === undefined) return;
        const error = this.postReply(to, ask.askId, message);
        if (error === undefined) return;
        this.refuse(ask as AnyRef, { message, options: {}, ask: undefined }, error);
      },
      failure: (ask, error) => {
        onEnd(ask);
        const to = this.parts.routes.back(run);
        if (to !== undefined) this.postFailure(to, ask.askId, error);
      },
    };
  }

  /** Fails an ask of another node. */
  postFailure(to: Association, id: number, error: WitanError): void {
    const { code, message } = error;
    let details: unknown = {};
    let isTagged = false;
    try {
      ({ value: details, isTagged } = this.parts.shaper.shape(error.details));
    } catch {
      // Details are for people; the code is what the asker acts on.
    }
    this.postPlain(to, [FRAME.failed, id, code, message.slice(0, 2_000), details, isTagged]);
  }

  /** Puts a frame without content of a user into an association; false when its buffer is full. */
  postPlain(to: Association, frame: unknown[]): boolean {
    const isTaken = to.post(this.parts.codec.encode(frame));
    if (!isTaken) this.parts.counters.undelivered += 1;
    return isTaken;
  }

  private postLetter(to: Association, path: string, { message, options, ask }: Sent): void {
    const { core, shaper, book, codec } = this.parts;
    const split = to.version >= SHARING_VERSION ? this.sharer.split(message) : undefined;
    const { value, isTagged } = shaper.shape(split ? split.content : message);
    const askMs = ask === undefined ? undefined : core.wheel.remainingMs(ask);
    const frame = codec.encode(
      letterFrame({
        path,
        content: value,
        isTagged,
        sender: ask === undefined ? book.writeSender(options.sender) : null,
        envelope: writeEnvelope(options),
        askId: ask?.id,
        askMs: askMs === Infinity ? undefined : askMs,
        shared: split?.names,
      }),
    );
    this.post(to, frame, ask?.id, split?.parts);
  }

  private postReply(to: Association, id: number, message: unknown): WitanError | undefined {
    try {
      const { value, isTagged } = this.parts.shaper.shape(message);
      this.post(to, this.parts.codec.encode([FRAME.reply, id, value, isTagged]));
      return undefined;
    } catch (error) {
      const typed = toWitanError(error);
      this.postFailure(to, id, typed);
      return typed;
    }
  }

  /** @throws too_large, overloaded */
  private post(to: Association, frame: Uint8Array, askId?: number, shared: readonly SharedPart[] = []): void {
    const { maxBytes } = this.parts;
    const bytes = shared.reduce((sum, part) => sum + part.frame.length, frame.length);
    if (bytes > maxBytes) {
      const details = { bytes, limitBytes: maxBytes };
      throw new WitanError('too_large', `A message between nodes has at most ${maxBytes} bytes`, details);
    }
    if (to.post(frame, askId, shared)) return;
    const { node } = to.peer;
    throw new WitanError('overloaded', `Too much waits to be sent to the node ${node}`, { node });
  }

  /** A budget that ends before its time ends the work there too; its deadline is known there already. */
  private followBudget(ask: ReplyRef, to: Association, options: MessageOptions): void {
    const release = options.budget!.onEnd(() => {
      if (!isSpent(options.budget)) this.postPlain(to, [FRAME.cancel, ask.id, CANCEL.budget]);
    });
    const { releases } = ask.core;
    const before = releases.get(ask);
    releases.set(ask, () => {
      before?.();
      release();
    });
  }

  private refuse(recipient: AnyRef, sent: Sent, error: WitanError): void {
    const { asks, counters, core } = this.parts;
    counters.undelivered += 1;
    const { ask } = sent;
    if (ask !== undefined) {
      asks.answered(ask.id);
      ask.fail(error.code, error.message, error.details);
    } else {
      const fields = { recipient: recipient.path, node: recipient.node, code: error.code, ...error.details };
      core.telemetry?.log('warn', '/', 'a message did not leave this node', fields);
    }
    this.deadLetter(recipient, sent, REASONS[error.code] ?? 'undeliverable');
  }

  private deadLetter(recipient: DeadLetterRecipient, sent: Sent, reason: DeadLetterReason): void {
    const { message, options } = sent;
    const isPlain = Object.keys(options).every((name) => name === 'sender');
    const origin = isPlain ? options.sender : new Parcel(options.sender, options);
    this.parts.core.deadLetter(recipient, { message, origin, reason });
  }
}

const REASONS: Readonly<Partial<Record<string, DeadLetterReason>>> = {
  overloaded: 'mailbox-full',
  stopped: 'stopped',
};
