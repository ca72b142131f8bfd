/** The address that an ask's answer goes to: counted, listed with the asked actor, and on the timer wheel. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode, ErrorDetails } from '../../../contracts/errors.ts';
import type { ActorRef, AnyRef } from '../ref.ts';
import type { Cell } from '../cell/cell.ts';
import type { Core } from '../cell/core.ts';

/** Reply address of one ask; the first answer settles it, later ones become dead letters. */
export class ReplyRef implements ActorRef<unknown> {
  readonly core: Core;
  /** Unique within the system: a counter, never chance. */
  readonly id: number;
  /** Set by whoever waits, before the message goes out; undefined once settled. */
  resolve: ((value: unknown) => void) | undefined;
  reject: ((error: unknown) => void) | undefined;
  /** The actor that owes the answer; undefined for remote actors and once settled. */
  target: Cell | undefined;
  nextAsk: ReplyRef | undefined;
  previousAsk: ReplyRef | undefined;
  /** Tick of the wheel at which this ask expires; -1 while it has none. */
  dueTick: number;
  timeoutMs: number;
  nextDue: ReplyRef | undefined;
  previousDue: ReplyRef | undefined;

  constructor(core: Core) {
    this.core = core;
    this.id = core.nextReplyId++;
    this.resolve = undefined;
    this.reject = undefined;
    this.target = undefined;
    this.nextAsk = undefined;
    this.previousAsk = undefined;
    this.dueTick = -1;
    this.timeoutMs = 0;
    this.nextDue = undefined;
    this.previousDue = undefined;
  }

  get path(): string {
    return `/$reply/${this.id}`;
  }

  get name(): string {
    return String(this.id);
  }

  get node(): string {
    return this.core.node;
  }

  /** Whether the ask has its answer or its failure. */
  get settled(): boolean {
    return this.resolve === undefined;
  }

  tell(message: unknown, sender?: AnyRef): void {
    const resolve = this.resolve;
    if (resolve === undefined) {
      this.core.deadLetter(this, { message, origin: sender, reason: 'late-reply' });
      return;
    }
    this.leave();
    resolve(message);
  }

  /** Ends the ask with an error; nothing happens when it is settled. */
  fail(code: ErrorCode, message: string, details?: ErrorDetails): void {
    const reject = this.reject;
    if (reject === undefined) return;
    this.leave();
    reject(new WitanError(code, message, details));
  }

  /** Enters the list of asks that `target` owes an answer to; leaves the list it was in. */
  owe(target: Cell): void {
    if (this.target !== undefined) this.unlist();
    this.target = target;
    const first = target.asks;
    this.nextAsk = first;
    if (first !== undefined) first.previousAsk = this;
    target.asks = this;
  }

  /** The answer is owed by someone who is no actor of this system: no end of an actor here fails the ask. */
  oweElsewhere(): void {
    if (this.target !== undefined) this.unlist();
  }

  toJSON(): { path: string; node: string } {
    return { path: this.path, node: this.node };
  }

  /** Takes the ask off every list: it is settled. */
  protected leave(): void {
    this.resolve = undefined;
    this.reject = undefined;
    if (this.dueTick >= 0) this.core.wheel.remove(this);
    if (this.target !== undefined) this.unlist();
    // Few asks come with a signal, so what ends their listening is kept aside.
    const { releases } = this.core;
    if (releases.size === 0) return;
    const release = releases.get(this);
    if (release === undefined) return;
    releases.delete(this);
    release();
  }

  private unlist(): void {
    const { nextAsk, previousAsk } = this;
    if (previousAsk !== undefined) previousAsk.nextAsk = nextAsk;
    else this.target!.asks = nextAsk;
    if (nextAsk !== undefined) nextAsk.previousAsk = previousAsk;
    this.nextAsk = undefined;
    this.previousAsk = undefined;
    this.target = undefined;
  }
}
