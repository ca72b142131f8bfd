/** Address of an entity: wherever it lives, and whether or not it is active. */
import type { AnyRef, MessageOptions, ParcelRef } from '../../runtime/kernel/index.ts';
import { entityPath } from './entity-path.ts';

/** Takes messages to the owner of an entity. */
export type EntitySend = (ref: EntityRef, message: unknown, options: MessageOptions) => void;

/** Address of one entity on this node; `===` for the same entity while held. */
export class EntityRef implements ParcelRef<unknown> {
  readonly kind: string;
  readonly id: string;
  readonly shard: number;
  /** Of this ref: every node has one of its own. */
  readonly node: string;
  private readonly send: EntitySend;

  constructor(send: EntitySend, made: { kind: string; id: string; shard: number; node: string }) {
    this.send = send;
    this.kind = made.kind;
    this.id = made.id;
    this.shard = made.shard;
    this.node = made.node;
  }

  get path(): string {
    return entityPath(this.kind, this.shard, this.id);
  }

  get name(): string {
    return this.id;
  }

  tell(message: unknown, sender?: AnyRef): void {
    this.send(this, message, { sender });
  }

  tellWith(message: unknown, options: MessageOptions): void {
    this.send(this, message, options);
  }

  toJSON(): { path: string; node: string } {
    return { path: this.path, node: this.node };
  }
}
