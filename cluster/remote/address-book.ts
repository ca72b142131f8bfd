/** Addresses in and out of messages; remote ones are made once while somebody holds them. */
import { WitanError } from '../../contracts/errors.ts';
import type { AnyRef } from '../../runtime/kernel/index.ts';
import { ReplyRef } from '../../runtime/kernel/messaging/reply-ref.ts';
import type { RefParts } from './codec/shaper.ts';
import type { OwnerGate } from './owner-gate.ts';
import { RemoteRef, RemoteReply } from './remote-ref.ts';
import type { RefTransport } from './remote-ref.ts';
import type { BatchSender } from './wire/batch.ts';
import type { WireSender } from './wire/frames.ts';

/** First part of an address: `actor`, node and path follow; `reply`, node, incarnation and number. */
const KIND = { actor: 0, reply: 1 } as const;

/** What the book asks of the rest of remoting. */
export interface AddressParts {
  readonly self: BatchSender;
  readonly transport: RefTransport;
  /** Address of a path here. */
  readonly local: (path: string) => AnyRef;
  /** Makes a reply address of this node known to others. @throws overloaded past the limit */
  readonly lend: (ask: ReplyRef) => void;
  /** The open ask of that number here. */
  readonly lent: (id: number) => ReplyRef | undefined;
}

/** Reads and writes addresses for one run of this node. */
export class AddressBook {
  /** Knows paths that are no node's own. */
  gate: OwnerGate | undefined = undefined;
  private readonly parts: AddressParts;
  private readonly refs = new Map<string, WeakRef<RemoteRef>>();
  private readonly forgotten = new FinalizationRegistry<string>((key) => {
    if (this.refs.get(key)?.deref() === undefined) this.refs.delete(key);
  });

  constructor(parts: AddressParts) {
    this.parts = parts;
  }

  /** Address of a path on a node, this one included. */
  actor(node: string, path: string): AnyRef {
    const { gate } = this;
    if (gate !== undefined && path.startsWith(gate.prefix)) {
      const anywhere = gate.refOf(path);
      if (anywhere !== undefined) return anywhere;
    }
    if (node === this.parts.self.node) return this.parts.local(path);
    const key = `${node} ${path}`;
    const known = this.refs.get(key)?.deref();
    if (known !== undefined) return known as AnyRef;
    const ref = new RemoteRef(this.parts.transport, node, path);
    this.refs.set(key, new WeakRef(ref));
    this.forgotten.register(ref, key);
    return ref as AnyRef;
  }

  /** Parts of an address in a message. @throws overloaded */
  readonly write = (ref: AnyRef): RefParts => {
    if (ref instanceof ReplyRef) {
      this.parts.lend(ref);
      return [KIND.reply, this.parts.self.node, this.parts.self.incarnation, ref.id];
    }
    if (ref instanceof RemoteReply) return [KIND.reply, ref.node, ref.incarnation, ref.id];
    // Adopted actors and paths where nobody lives yet are of this node as well.
    return [KIND.actor, ref instanceof RemoteRef ? ref.node : this.parts.self.node, ref.path];
  };

  /** Sender as it stands in a frame. @throws overloaded */
  writeSender(sender: AnyRef | undefined): WireSender {
    if (sender === undefined) return null;
    const isElsewhere = sender instanceof RemoteRef || sender instanceof RemoteReply;
    return isElsewhere || sender instanceof ReplyRef ? this.write(sender as AnyRef) : sender.path;
  }

  /** Address of parts. @throws bad_encoding */
  readonly read = (parts: readonly unknown[]): AnyRef => {
    const [kind, node, where, id] = parts;
    if (typeof node !== 'string' || typeof where !== 'string') throw malformed();
    if (kind === KIND.actor) return this.actor(node, where);
    if (kind !== KIND.reply || typeof id !== 'number') throw malformed();
    const { self, transport } = this.parts;
    if (node === self.node && where === self.incarnation) {
      const ask = this.parts.lent(id);
      if (ask !== undefined) return ask as AnyRef;
    }
    return new RemoteReply(transport, { node, incarnation: where, id }) as AnyRef;
  };

  /** Address of a frame's sender on `node`. @throws bad_encoding */
  readSender(sender: WireSender, node: string): AnyRef | undefined {
    if (sender === null) return undefined;
    return typeof sender === 'string' ? this.actor(node, sender) : this.read(sender);
  }
}

/** Whether parts name the reply address `id` of a run. */
export function isReplyOf(parts: readonly unknown[], run: BatchSender, id: number): boolean {
  const [kind, node, incarnation, number] = parts;
  return kind === KIND.reply && node === run.node && incarnation === run.incarnation && number === id;
}

function malformed(): WitanError {
  return new WitanError('bad_encoding', 'An address in a message is malformed');
}
