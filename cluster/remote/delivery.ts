/** Messages of other nodes into mailboxes here, with envelope, budget, sender and errors of local ones. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import type { AnyRef, MessageOptions } from '../../runtime/kernel/index.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import type { Core } from '../../runtime/kernel/cell/core.ts';
import { STOPPED } from '../../runtime/kernel/cell/flags.ts';
import { LocalRef } from '../../runtime/kernel/cell/local-ref.ts';
import { Parcel } from '../../runtime/kernel/messaging/envelope.ts';
import { begin, tellWith } from '../../runtime/kernel/messaging/send.ts';
import { isReplyOf } from './address-book.ts';
import type { AddressBook } from './address-book.ts';
import { revive } from './codec/reviver.ts';
import type { RefReader } from './codec/reviver.ts';
import { IncomingAsk } from './incoming-ask.ts';
import type { OpenAsks } from './open-asks.ts';
import type { OwnerGate } from './owner-gate.ts';
import type { Peer } from './peer.ts';
import type { Sending } from './sending.ts';
import { wholeContent } from './links/shared-parts.ts';
import type { Routes } from './links/routes.ts';
import { readEnvelope } from './wire/envelope.ts';
import { movedFrame } from './wire/frames.ts';
import type { Frame, Letter } from './wire/frames.ts';

/** Parts that delivery works with. */
export interface DeliveryParts {
  readonly core: Core;
  readonly book: AddressBook;
  readonly asks: OpenAsks;
  readonly routes: Routes;
  readonly sending: () => Sending;
  readonly maxIncomingAsks: number;
}

const MAX_KNOWN_PATHS = 4_096;

/** Takes letters to the actors of this node. */
export class Delivery {
  /** Decides where a path that begins with its prefix lives. */
  gate: OwnerGate | undefined = undefined;
  private readonly parts: DeliveryParts;
  private readonly known = new Map<string, LocalRef>();

  constructor(parts: DeliveryParts) {
    this.parts = parts;
  }

  /** Actor at a path of this node, the one that was last there if none lives. O(1) for one found before. */
  find(path: string): AnyRef | undefined {
    const known = this.known.get(path);
    if (known !== undefined && (known.cell.flags & STOPPED) === 0) return known as AnyRef;
    const found = this.parts.core.system.find(path);
    if (!(found instanceof LocalRef)) return found ?? (known as AnyRef | undefined);
    if (this.known.size >= MAX_KNOWN_PATHS) this.known.clear();
    this.known.set(path, found);
    return found;
  }

  /** Delivers a letter of `peer`; what cannot be delivered is a dead letter here and a failed ask there. */
  letter(letter: Letter, peer: Peer, version: number): void {
    const { core, routes } = this.parts;
    const envelope = letter.envelope === null ? undefined : readEnvelope(letter.envelope);
    let target: AnyRef | undefined;
    if (this.gate !== undefined && letter.path.startsWith(this.gate.prefix)) {
      const decision = this.gate.decide(letter.path);
      if ('generation' in decision) {
        const to = routes.back(peer.run, version);
        if (to !== undefined) this.parts.sending().postPlain(to, movedFrame(whole(letter), decision));
        return;
      }
      target = decision.ref;
    } else target = this.find(letter.path);
    const ask =
      letter.askId === undefined ? undefined : this.openAsk(letter.askId, peer, envelope !== undefined);
    if (ask === 'known') return;
    try {
      const content = this.content(letter, peer, ask);
      const sender = (ask ?? this.parts.book.readSender(letter.sender, peer.run.node)) as AnyRef | undefined;
      const options = optionsOf(core, envelope, { sender, ask });
      if (target === undefined) this.nobody(letter.path, content, { sender, options });
      else this.hand(target, { content, options, sender, ask, askMs: letter.askMs });
    } catch (error) {
      const typed = toWitanError(error);
      ask?.fail(typed.code, typed.message, typed.details);
      throw typed;
    }
  }

  /** A letter of this node came back: its owner is elsewhere. */
  returned(frame: Extract<Frame, { kind: 'moved' }>, peer: Peer): void {
    const { core, asks, book } = this.parts;
    const { letter, generation, node } = frame;
    const content = letter.isTagged ? revive(letter.content, book.read) : letter.content;
    const envelope = letter.envelope === null ? undefined : readEnvelope(letter.envelope);
    const ask = letter.askId === undefined ? undefined : asks.find(letter.askId);
    if (letter.askId !== undefined && ask === undefined) return;
    const sender = (ask ?? book.readSender(letter.sender, core.node)) as AnyRef | undefined;
    const options = optionsOf(core, envelope, { sender, ask: undefined }) ?? { sender };
    const returned = { path: letter.path, message: content, options, from: peer.run.node, generation, node };
    if (this.gate !== undefined && letter.path.startsWith(this.gate.prefix)) this.gate.returned(returned);
    else core.deadLetter(letter.path, { message: content, origin: sender, reason: 'undeliverable' });
  }

  private content(letter: Letter, peer: Peer, ask: IncomingAsk | undefined): unknown {
    if (!letter.isTagged) return wholeContent(letter.content, letter.parts);
    const { book } = this.parts;
    // The asker's reply address in the message is the one that the actor here sees as the sender.
    const readRef: RefReader =
      ask === undefined
        ? book.read
        : (parts) => (isReplyOf(parts, peer.run, ask.askId) ? (ask as AnyRef) : book.read(parts));
    return wholeContent(revive(letter.content, readRef), letter.parts);
  }

  private openAsk(askId: number, peer: Peer, hasEnvelope: boolean): IncomingAsk | 'known' {
    if (peer.asks.has(askId)) return 'known';
    const { core, maxIncomingAsks } = this.parts;
    const end = this.parts.sending().endsFor(peer.run, (ask) => peer.asks.delete(ask.askId));
    const endBudget = hasEnvelope ? new AbortController() : undefined;
    const ask = new IncomingAsk(core, { askId, end, endBudget });
    peer.asks.set(askId, ask);
    if (peer.asks.size > maxIncomingAsks) {
      ask.fail('overloaded', `The node ${core.node} has too many open asks of one other node`);
    }
    return ask;
  }

  private hand(target: AnyRef, sent: Handed): void {
    const { content, options, sender, ask, askMs } = sent;
    if (ask?.settled === true) return;
    if (ask !== undefined && !begin(ask, target, { timeoutMs: askMs ?? Infinity })) return;
    if (options === undefined) target.tell(content as never, sender);
    else tellWith(target, content as never, options);
  }

  private nobody(path: string, message: unknown, { sender, options }: Origin): void {
    const origin = options === undefined ? sender : new Parcel(sender, options);
    this.parts.core.deadLetter(path, { message, origin, reason: 'no-such-actor' });
  }
}

interface Origin {
  readonly sender: AnyRef | undefined;
  readonly options: MessageOptions | undefined;
}

interface Handed {
  readonly content: unknown;
  readonly options: MessageOptions | undefined;
  readonly sender: AnyRef | undefined;
  readonly ask: IncomingAsk | undefined;
  readonly askMs: number | undefined;
}

/** A letter that stands for itself, without its batch. */
function whole(letter: Letter): Letter {
  if (letter.parts === undefined) return letter;
  return { ...letter, content: wholeContent(letter.content, letter.parts), shared: undefined };
}

/** Options as the sender gave them, on this node's clock; undefined for a plain message. */
function optionsOf(
  core: Core,
  envelope: ReturnType<typeof readEnvelope> | undefined,
  { sender, ask }: { sender: AnyRef | undefined; ask: IncomingAsk | undefined },
): MessageOptions | undefined {
  if (envelope === undefined) return undefined;
  const { options, remainingMs } = envelope;
  if (remainingMs === undefined) return { ...options, sender };
  if (remainingMs < 0) throw new WitanError('bad_encoding', 'An envelope has a negative budget');
  return { ...options, sender, budget: createBudget(core.clock, remainingMs, ask?.endBudget?.signal) };
}
