/** Asks the seats of one round for their ballots, and asks once more where a seat was lost and came back. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotRequest, DeliberateRequest } from '../../contracts/messages/council.ts';
import type { SeatId } from '../../contracts/messages/ids.ts';
import { frozenKeysOf } from '../../contracts/messages/session.ts';
import type { FrozenSeat } from '../../contracts/messages/session.ts';
import type { ActorContext, StopReason } from '../../runtime/kernel/actor.ts';
import { tellWith } from '../../runtime/kernel/index.ts';
import type { AnyRef } from '../../runtime/kernel/ref.ts';
import type { DeliberationOptions, SeatRef } from './deliberation-options.ts';
import { peerEvidenceFor } from './peer-evidence.ts';
import type { SessionMessage } from './session-messages.ts';

const FIRST_RETRY_MS = 20;

/** One question that waits for its answer. */
interface Call {
  readonly seat: FrozenSeat;
  ref: SeatRef | undefined;
  askedAtMs: number;
  /** Set while the seat is gone. */
  lost: { readonly sinceMs: number; readonly reason: 'crashed' | 'stopped' } | undefined;
  askedCount: number;
}

/** The round that the calls belong to. */
export interface CallRound {
  readonly round: 1 | 2;
  readonly roundOne: readonly Ballot[];
  /** Monotonic time by which seats should have answered. */
  readonly seatsDueMs: number;
}

/** What became of a lost seat. */
export type Recovery = 'asked-again' | 'waiting' | 'crashed' | 'stopped';

/** The open questions of one round. */
export class SeatCalls {
  readonly #options: DeliberationOptions;
  readonly #request: DeliberateRequest;
  readonly #round: CallRound;
  readonly #calls = new Map<string, Call>();

  constructor(options: DeliberationOptions, request: DeliberateRequest, round: CallRound) {
    this.#options = options;
    this.#request = request;
    this.#round = round;
  }

  /** Asks a seat; one that is not running is treated as lost just now. */
  ask(seat: FrozenSeat, ctx: ActorContext<SessionMessage>): void {
    const call: Call = { seat, ref: undefined, askedAtMs: this.#now(), lost: undefined, askedCount: 0 };
    this.#calls.set(seat.seat, call);
    const ref = this.#options.seats(seat.seat);
    if (ref) this.#send(call, ref, ctx);
    else this.#lose(call, 'stopped', ctx);
  }

  /** Ends a call; the time since it was asked, ms, or undefined when it was not open. */
  settle(seat: string): number | undefined {
    const call = this.#calls.get(seat);
    this.#calls.delete(seat);
    return call && this.#now() - call.askedAtMs;
  }

  /** A watched actor is gone; gives the seats that are now absent because they were lost a second time. */
  terminated(ref: AnyRef, reason: StopReason, ctx: ActorContext<SessionMessage>): readonly SeatId[] {
    const hit = [...this.#calls.values()].filter((call) => call.ref === ref && !call.lost);
    const why = reason === 'stopped' ? 'stopped' : 'crashed';
    for (const call of hit) if (call.askedCount === 1) this.#lose(call, why, ctx);
    return hit.filter((call) => call.askedCount > 1).map(({ seat }) => seat.seat);
  }

  /** Looks for a lost seat again; undefined when nothing is owed any more. */
  askAgain(seat: SeatId, delayMs: number, ctx: ActorContext<SessionMessage>): Recovery | undefined {
    const call = this.#calls.get(seat);
    if (!call?.lost) return undefined;
    const ref = this.#options.seats(seat);
    if (ref && ref !== call.ref) {
      this.#send(call, ref, ctx);
      return 'asked-again';
    }
    const { sinceMs, reason } = call.lost;
    if (this.#now() - sinceMs >= (this.#options.seatReturnMs ?? 500)) return reason;
    this.#schedule(call, delayMs * 2, ctx);
    return 'waiting';
  }

  /** Tells the seats that still owe an answer to drop what they have not started. */
  close(): void {
    const { decisionId } = this.#request.terms;
    for (const { ref, lost } of this.#calls.values())
      if (!lost) ref?.tell({ type: 'session-closed', decisionId });
  }

  #send(call: Call, ref: SeatRef, ctx: ActorContext<SessionMessage>): void {
    call.ref = ref;
    call.lost = undefined;
    call.askedCount += 1;
    call.askedAtMs = this.#now();
    ctx.watch(ref);
    const request = { ...this.#requestFor(call.seat), replyTo: ctx.self };
    const { traceparent } = this.#request;
    // An envelope costs something at each message: none is made where nobody traces.
    if (traceparent === undefined) ref.tell(request);
    else tellWith(ref, request, { traceparent });
  }

  #requestFor(seat: FrozenSeat): BallotRequest {
    const { decision, sessionDigest, attested } = this.#request;
    const { round, roundOne, seatsDueMs } = this.#round;
    const sentAtMs = this.#now();
    return {
      type: 'ballot-request',
      decision,
      sessionDigest,
      round,
      budgetMs: Math.max(0, seatsDueMs - sentAtMs),
      sentAtMs,
      keyId: seat.keyId,
      ...(seat.otherKeys && { seatKeys: frozenKeysOf(seat) }),
      attested,
      peers: round === 1 ? [] : peerEvidenceFor(seat.seat, roundOne, this.#request.terms),
      previous: round === 1 ? null : (roundOne.find(({ body }) => body.seat === seat.seat) ?? null),
    };
  }

  #lose(call: Call, reason: 'crashed' | 'stopped', ctx: ActorContext<SessionMessage>): void {
    call.lost = { sinceMs: this.#now(), reason };
    this.#schedule(call, FIRST_RETRY_MS, ctx);
  }

  #schedule({ seat: { seat } }: Call, delayMs: number, ctx: ActorContext<SessionMessage>): void {
    const { round } = this.#round;
    ctx.setTimer(`ask-again/${round}/${seat}`, delayMs, { type: 'ask-again', seat, round, delayMs });
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
