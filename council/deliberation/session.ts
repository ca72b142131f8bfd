/** The actor of one decision, `/council/session/<id>`: sealed round, revision, tally, result. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotReply, DeliberateRequest, DeliberationResult } from '../../contracts/messages/council.ts';
import type { DecisionEventBody } from '../../contracts/messages/events.ts';
import type { SeatId } from '../../contracts/messages/ids.ts';
import type { FrozenSeat } from '../../contracts/messages/session.ts';
import type { HeldReason } from '../../contracts/messages/verdict.ts';
import type { Signal } from '../../runtime/kernel/actor.ts';
import type { DurableContext } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/ref.ts';
import { VoteCollector, type AbsenceReason, type RoundResult } from '../../runtime/kernel/vote-collector.ts';
import { needsRoundTwo } from '../tally/round-two.ts';
import { tallyBallots } from '../tally/tally.ts';
import { BallotDesk } from './ballot-desk.ts';
import type { DeliberationOptions } from './deliberation-options.ts';
import { MIN_ROUND_MS, roundBudget } from './round-budget.ts';
import { SeatCalls } from './seat-calls.ts';
import type { BeginSession, CouncilMessage, SessionMessage } from './session-messages.ts';
import { sessionResult } from './session-result.ts';
import { ballotsOfRound, type SessionEvent, type SessionState } from './session-state.ts';

/** Context of a session's actor. */
export type SessionContext = DurableContext<SessionState, SessionMessage, SessionEvent>;
type Ctx = SessionContext;
type SeatAbsence = Extract<DecisionEventBody, { type: 'seat-absent' }>['reason'];

const ABSENCES: Readonly<Record<AbsenceReason, SeatAbsence>> = {
  deadline: 'deadline',
  crashed: 'crashed',
  stopped: 'stopped',
  refused: 'refused',
  invalid: 'invalid-ballot',
  undecided: 'deadline',
};

/**
 * One deliberation from its beginning or resumption to its end. What counts is in the durable state
 * (`ctx.state`); what is kept here is rebuilt from it when a session resumes.
 */
export class Session {
  readonly #options: DeliberationOptions;
  readonly #request: DeliberateRequest;
  readonly #council: ActorRef<CouncilMessage>;
  readonly #deadlineMs: number;
  readonly #desk: BallotDesk;
  readonly #collector: VoteCollector<Ballot>;
  readonly #restarts = new Map<string, number>();
  readonly #toldAbsent = new Set<string>();
  readonly #toldLate = new Set<string>();
  /** Seats that missed a deadline and may still send their ballot. */
  readonly #owed = new Set<string>();
  #calls: SeatCalls | undefined;
  /** Sound ballots of the open round that are not stored yet. */
  #taken: { readonly ballot: Ballot; readonly elapsedMs: number }[] = [];

  constructor(options: DeliberationOptions, begin: BeginSession, self: ActorRef<SessionMessage>) {
    this.#options = options;
    this.#request = begin.request;
    this.#council = begin.council;
    this.#deadlineMs = options.clock.monotonicMs() + begin.remainingMs;
    this.#desk = new BallotDesk(options, begin.request);
    this.#collector = new VoteCollector({
      clock: options.clock,
      voters: begin.request.terms.roster.map(({ seat }) => seat),
      // The deadline fires outside any turn; the message brings it into one.
      onRoundClosed: (result) => self.tell({ type: 'round-over', result }),
    });
  }

  /** Begins, or goes on from the recorded ballots and asks only the seats that are missing. */
  async begin(ctx: Ctx): Promise<void> {
    const { sessionDigest, end, phase } = ctx.state;
    if (end) return this.#answer(ctx);
    const isResumed = sessionDigest !== null;
    if (isResumed && sessionDigest !== this.#request.sessionDigest) {
      // Its ballots were cast under other terms: none of them may count here.
      ctx.log.error('the journal holds a session under other terms');
      return this.#end(sessionResult(this.#request.terms, [], { rounds: 0, heldFor: 'session-lost' }), ctx);
    }
    if (this.#remainingMs() < MIN_ROUND_MS)
      return this.#conclude(isResumed ? 'session-lost' : 'deadline', ctx);
    if (!isResumed) await ctx.persist({ type: 'session-began', sessionDigest: this.#request.sessionDigest });
    if (phase === 'closed') return this.#conclude(undefined, ctx);
    this.#openRound(phase, ctx);
  }

  /** A seat's answer. */
  reply(message: BallotReply, ctx: Ctx): void {
    if (message.decisionId !== this.#request.terms.decisionId) return;
    const { round } = this.#collector;
    if (message.type === 'no-ballot') {
      if (message.round === round) this.#absent(message.seat, message.reason, message.detail);
      return;
    }
    const roundOne = ballotsOfRound(this.#request.terms, ctx.state.ballots, 1);
    const offered = this.#desk.judge(message.seat, message.ballot, roundOne);
    if (offered.kind === 'sound') return this.#sound(offered.ballot, ctx);
    this.#desk.refuse(message.seat, round ?? ctx.state.rounds, offered.reason);
    if (offered.isFromSeat && message.ballot.body.round === round) {
      this.#absent(message.seat, 'invalid', offered.reason);
    }
  }

  /** Stores the ballots taken since the last time, then counts them. */
  async countBallots(ctx: Ctx): Promise<void> {
    const taken = this.#taken;
    this.#taken = [];
    const events = taken.map(({ ballot }) =>
      ctx.persist({ type: 'ballot-counted', round: ballot.body.round, ballot }),
    );
    await Promise.all(events);
    for (const { ballot, elapsedMs } of taken) {
      const { seat, round } = ballot.body;
      this.#publish({ type: 'ballot', round, seat, ballot, elapsedMs });
    }
    const last = taken.at(-1);
    if (last) {
      // One for all that came together: what lies between was never seen by anybody.
      const { round } = last.ballot.body;
      this.#publish({
        type: 'tally',
        round,
        tally: tallyBallots(this.#request.terms, ctx.state.ballots, round),
      });
    }
    for (const { ballot } of taken) this.#collector.offer(ballot.body.seat, ballot.body.round, ballot);
  }

  /** The collector has closed a round. */
  async roundOver(result: RoundResult<Ballot>, ctx: Ctx): Promise<void> {
    const round = result.round === 2 ? 2 : 1;
    // A full mailbox may have refused `count-ballots`: what was taken in time still counts.
    if (this.#taken.length > 0) await this.countBallots(ctx);
    for (const { voter, reason } of result.absent) {
      if (ctx.state.ballots.some(({ body }) => body.seat === voter && body.round === round)) continue;
      if (reason === 'deadline') this.#owed.add(voter);
      this.#tellAbsent(round, voter, reason, 'no ballot came in time');
    }
    const need = needsRoundTwo(this.#request.terms, ctx.state.ballots);
    const isWanted = round === 1 && need.needed;
    const isOutOfTime = isWanted && this.#remainingMs() < MIN_ROUND_MS;
    const next = isWanted && !isOutOfTime ? 'round-2' : 'tally';
    const why = round === 1 ? need.why : 'the last round is over';
    // Nobody may see another's evidence before the close of round 1 is on the record.
    await ctx.persist({ type: 'round-closed', round, next });
    this.#publish({
      type: 'round-closed',
      round,
      next,
      why: isOutOfTime ? `${why}, but no time is left` : why,
    });
    if (next === 'tally') return this.#conclude(isOutOfTime ? 'deadline' : undefined, ctx);
    this.#calls?.close();
    this.#openRound(2, ctx);
  }

  /** A watched seat is gone. */
  signal(signal: Signal, ctx: Ctx): void {
    if (signal.kind !== 'terminated') return;
    for (const seat of this.#calls?.terminated(signal.ref, signal.reason, ctx) ?? []) {
      this.#absent(seat, 'crashed', 'the seat was lost again after it was asked again');
    }
  }

  /** Looks for a lost seat again. */
  askAgain(message: Extract<SessionMessage, { type: 'ask-again' }>, ctx: Ctx): void {
    const { seat, round, delayMs } = message;
    if (round !== this.#collector.round) return;
    const recovery = this.#calls?.askAgain(seat, delayMs, ctx);
    if (recovery === 'asked-again') {
      const restarts = (this.#restarts.get(seat) ?? 0) + 1;
      this.#restarts.set(seat, restarts);
      this.#publish({ type: 'seat-restarted', seat, restarts });
      this.#publish({ type: 'seat-thinking', round, seat });
    } else if (recovery === 'crashed' || recovery === 'stopped') {
      this.#absent(seat, recovery, 'the seat did not come back');
    }
  }

  /** Frees timers; what comes after is a dead letter. */
  release(): void {
    this.#collector.release();
  }

  #sound(ballot: Ballot, ctx: Ctx): void {
    const { seat, round } = ballot.body;
    const cast = [...ctx.state.ballots, ...this.#taken.map((one) => one.ballot)];
    const known = cast.find(({ body }) => body.seat === seat && body.round === round);
    if (known) {
      const isSame = known.signature === ballot.signature;
      this.#desk.refuse(
        seat,
        round,
        isSame ? 'the ballot was counted before' : 'another ballot of this round was counted',
      );
    } else if (round !== this.#collector.round) {
      this.#late(ballot, ctx);
    } else {
      if (this.#taken.length === 0) ctx.self.tell({ type: 'count-ballots' });
      this.#taken.push({ ballot, elapsedMs: this.#calls?.settle(seat) ?? 0 });
    }
  }

  #late(ballot: Ballot, ctx: Ctx): void {
    const { seat, round } = ballot.body;
    if (this.#toldLate.has(`${seat}/${round}`))
      return this.#desk.refuse(seat, round, 'its late ballot is on record');
    this.#toldLate.add(`${seat}/${round}`);
    this.#desk.late(ballot);
    this.#owed.delete(seat);
    if (ctx.state.end && this.#owed.size === 0) ctx.stop();
  }

  #openRound(round: 1 | 2, ctx: Ctx): void {
    const { terms } = this.#request;
    const { roundMs, seatMs } = roundBudget(this.#remainingMs(), round, terms.maxRounds);
    const roundOne = ballotsOfRound(terms, ctx.state.ballots, 1);
    const asked = round === 1 ? terms.roster : terms.roster.filter((seat) => hasBallot(roundOne, seat));
    const recorded = ballotsOfRound(terms, ctx.state.ballots, round);
    const seatsDueMs = this.#options.clock.monotonicMs() + seatMs;
    this.#calls = new SeatCalls(this.#options, this.#request, { round, roundOne, seatsDueMs });
    this.#toldAbsent.clear();
    this.#publish({ type: 'round-opened', round, seats: asked.map(({ seat }) => seat), budgetMs: roundMs });
    this.#collector.open(round, { deadlineMs: roundMs, voters: asked.map(({ seat }) => seat) });
    for (const ballot of recorded) this.#collector.offer(ballot.body.seat, round, ballot);
    for (const seat of asked) {
      if (hasBallot(recorded, seat)) continue;
      this.#publish({ type: 'seat-thinking', round, seat: seat.seat });
      this.#calls.ask(seat, ctx);
    }
    this.#options.outside?.ask(this.#request, { round, roundOne, budgetMs: seatMs });
  }

  async #conclude(heldFor: HeldReason | undefined, ctx: Ctx): Promise<void> {
    const { rounds } = ctx.state;
    await ctx.persist({ type: 'concluded', end: heldFor ? { rounds, heldFor } : { rounds } });
    this.#answer(ctx);
  }

  #answer(ctx: Ctx): void {
    const { ballots, end } = ctx.state;
    if (end) this.#end(sessionResult(this.#request.terms, ballots, end), ctx);
  }

  #end(result: DeliberationResult, ctx: Ctx): void {
    this.#council.tell({ type: 'session-concluded', result });
    this.#collector.release();
    this.#calls?.close();
    if (this.#owed.size === 0) ctx.stop();
    else ctx.setTimer('late-window', this.#options.lateWindowMs ?? 5_000, { type: 'late-window-over' });
  }

  #absent(seat: SeatId, reason: AbsenceReason, detail: string): void {
    const { round } = this.#collector;
    if (round === undefined || !this.#request.terms.roster.some((one) => one.seat === seat)) return;
    this.#calls?.settle(seat);
    // Told first: the last absence closes the round.
    this.#tellAbsent(round, seat, reason, detail);
    this.#collector.markAbsent(seat, reason);
  }

  #tellAbsent(round: number, seat: string, reason: AbsenceReason, detail: string): void {
    if (this.#toldAbsent.has(seat)) return;
    this.#toldAbsent.add(seat);
    const about = { round, seat: seat as SeatId, reason: ABSENCES[reason], detail: detail.slice(0, 500) };
    this.#publish({ type: 'seat-absent', ...about });
  }

  #publish(body: DecisionEventBody): void {
    this.#options.events.publish(this.#request.terms.decisionId, body);
  }

  #remainingMs(): number {
    return this.#deadlineMs - this.#options.clock.monotonicMs();
  }
}

function hasBallot(ballots: readonly Ballot[], { seat }: Pick<FrozenSeat, 'seat'>): boolean {
  return ballots.some(({ body }) => body.seat === seat);
}
