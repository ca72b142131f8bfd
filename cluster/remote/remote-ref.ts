/** Addresses of what lives on other nodes. */
import type { WatchableRef } from '../../runtime/kernel/index.ts';
import type { AnyRef, MessageOptions, ParcelRef, StopReason } from '../../runtime/kernel/index.ts';

/** What addresses do through the remoting that made them. */
export interface RefTransport {
  send(ref: RemoteRef, message: unknown, options: MessageOptions): void;
  reply(ref: RemoteReply, message: unknown, sender: AnyRef | undefined): void;
  watch(ref: RemoteRef, onEnd: (reason: StopReason) => void): () => void;
}

/** Actor of another node; messages go to the newest run of that node. Comparable with `===` while held. */
export class RemoteRef implements ParcelRef<unknown>, WatchableRef {
  readonly node: string;
  readonly path: string;
  private readonly transport: RefTransport;

  constructor(transport: RefTransport, node: string, path: string) {
    this.transport = transport;
    this.node = node;
    this.path = path;
  }

  get name(): string {
    return this.path === '/' ? '/' : this.path.slice(this.path.lastIndexOf('/') + 1);
  }

  tell(message: unknown, sender?: AnyRef): void {
    this.transport.send(this, message, { sender });
  }

  tellWith(message: unknown, options: MessageOptions): void {
    this.transport.send(this, message, options);
  }

  watchEnd(onEnd: (reason: StopReason) => void): () => void {
    return this.transport.watch(this, onEnd);
  }

  toJSON(): { path: string; node: string } {
    return { path: this.path, node: this.node };
  }

  toString(): string {
    return `${this.node}:${this.path}`;
  }
}

/** Reply address of an ask that waits on one run of another node. */
export class RemoteReply {
  readonly node: string;
  readonly incarnation: string;
  /** Number of the ask within that run. */
  readonly id: number;
  private readonly transport: RefTransport;

  constructor(transport: RefTransport, address: { node: string; incarnation: string; id: number }) {
    this.transport = transport;
    this.node = address.node;
    this.incarnation = address.incarnation;
    this.id = address.id;
  }

  get path(): string {
    return `/$reply/${this.id}`;
  }

  get name(): string {
    return String(this.id);
  }

  tell(message: unknown, sender?: AnyRef): void {
    this.transport.reply(this, message, sender);
  }

  toJSON(): { path: string; node: string } {
    return { path: this.path, node: this.node };
  }
}
