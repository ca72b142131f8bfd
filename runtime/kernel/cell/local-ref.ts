/** Address of an actor in this process: an object that holds its cell, so that a tell walks no path. */
import type { ActorRef, AnyRef } from '../ref.ts';
import { admit, makeRoom } from './admission.ts';
import type { Cell } from './cell.ts';
import { NO_WAKE, SCHEDULED, SLOW_TELL } from './flags.ts';

/** Local address; valid for ever, also when the actor is gone. */
export class LocalRef implements ActorRef<unknown> {
  /** Set right after construction: cell and ref point at each other. */
  cell!: Cell;

  get path(): string {
    return this.cell.path();
  }

  get name(): string {
    return this.cell.parent === undefined ? '/' : this.cell.name;
  }

  get node(): string {
    return this.cell.core.node;
  }

  tell(message: unknown, sender?: AnyRef): void {
    const cell = this.cell;
    const flags = cell.flags;
    if ((flags & SLOW_TELL) !== 0) {
      admit(cell, message, sender);
      return;
    }
    let ring = cell.ring;
    if (ring.size >= ring.limit) {
      if (!makeRoom(cell, message, sender)) return;
      ring = cell.ring;
    }
    ring.push(message, sender);
    if ((flags & NO_WAKE) === 0) {
      cell.flags = flags | SCHEDULED;
      cell.core.dispatcher.enqueue(cell);
    }
  }

  toJSON(): { path: string; node: string } {
    return { path: this.path, node: this.node };
  }

  toString(): string {
    return this.path;
  }
}
