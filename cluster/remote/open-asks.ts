/** Reply addresses of this node that other nodes know: asks that wait, each with whom it waits for. */
import { WitanError } from '../../contracts/errors.ts';
import type { ReplyRef } from '../../runtime/kernel/messaging/reply-ref.ts';
import type { Association } from './links/association.ts';

interface OpenAsk {
  readonly ask: ReplyRef;
  /** Run that the ask itself went to; undefined for an address that only stands in a message. */
  to: Association | undefined;
  /** Its answer has come: nobody need be told that it is over. */
  isAnswered: boolean;
}

/** Table of open asks by number; an ask leaves it when it settles, whatever settles it. */
export class OpenAsks {
  private readonly open = new Map<number, OpenAsk>();
  private readonly max: number;
  private readonly onGivenUp: (id: number, to: Association) => void;

  /** @param onGivenUp Called when an ask ended without an answer of the run that it went to. */
  constructor(max: number, onGivenUp: (id: number, to: Association) => void) {
    this.max = max;
    this.onGivenUp = onGivenUp;
  }

  get size(): number {
    return this.open.size;
  }

  /** Enters an ask, or says anew whom it waits for. @throws overloaded past the limit */
  enter(ask: ReplyRef, to?: Association): void {
    const known = this.open.get(ask.id);
    if (known !== undefined) {
      known.to = to ?? known.to;
      return;
    }
    if (ask.settled) return;
    if (this.open.size >= this.max) {
      throw new WitanError('overloaded', `There are ${this.max} open asks to other nodes`);
    }
    const entry: OpenAsk = { ask, to, isAnswered: false };
    this.open.set(ask.id, entry);
    const { releases } = ask.core;
    const before = releases.get(ask);
    releases.set(ask, () => {
      before?.();
      this.open.delete(ask.id);
      if (entry.to !== undefined && !entry.isAnswered) this.onGivenUp(ask.id, entry.to);
    });
  }

  /** The open ask of that number. */
  find(id: number): ReplyRef | undefined {
    return this.open.get(id)?.ask;
  }

  /** The same, about to be settled by its answer. */
  answered(id: number): ReplyRef | undefined {
    const entry = this.open.get(id);
    if (entry === undefined) return undefined;
    entry.isAnswered = true;
    return entry.ask;
  }

  /** Fails the asks that went to a run. O(open asks). */
  failAt(to: Association, error: WitanError): void {
    for (const entry of [...this.open.values()]) if (entry.to === to) fail(entry, error);
  }

  /** Fails every ask that waits for another node. */
  failEvery(error: WitanError): void {
    for (const entry of [...this.open.values()]) if (entry.to !== undefined) fail(entry, error);
  }
}

function fail(entry: OpenAsk, error: WitanError): void {
  entry.isAnswered = true;
  entry.ask.fail(error.code, error.message, error.details);
}
