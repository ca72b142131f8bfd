/**
 * The actor behind each seat, `/council/<seat>`: one ballot for each decision and round, within the budget.
 */
import { toWitanError } from '../../contracts/errors.ts';
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotReply, BallotRequest, SeatMessage } from '../../contracts/messages/council.ts';
import type { ActorContext, Behavior, MailboxOptions } from '../../runtime/kernel/actor.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { KeysPort } from '../../runtime/kernel/ports/keys.ts';
import type { ActorRef } from '../../runtime/kernel/ref.ts';
import { CastBallots } from './cast-ballots.ts';
import { BallotMaker, type FormedBallot } from './form-ballot.ts';
import type { SeatPlan } from './seat-plan.ts';

/** Where a seat sends its answers. */
export type BallotReplyRef = ActorRef<BallotReply>;

/** What an evaluation gave, and whether its budget had ended by then. */
interface Evaluated {
  readonly formed: FormedBallot;
  readonly isOverdue: boolean;
}

/** An evaluation that waited on a pool or provider has ended; sent by the seat to itself. */
interface EvaluationEnded {
  readonly type: 'evaluation-ended';
  readonly request: BallotRequest;
  readonly result: PromiseSettledResult<Evaluated>;
}

/** Messages in a seat's mailbox. */
export type SeatMailboxMessage = SeatMessage<BallotReplyRef> | EvaluationEnded;

/** What a seat needs. */
export interface SeatActorOptions {
  readonly plan: SeatPlan;
  readonly keys: KeysPort;
  readonly clock: Clock;
  /** Decisions that may wait on pools or providers at once (default 256); one more is refused. */
  readonly maxInFlightCount?: number;
  /** Ballots that the seat remembers (default 1,024). */
  readonly rememberedCount?: number;
}

/** Mailbox of a seat: the end of a session overtakes requests, so that unstarted work is dropped. */
export const SEAT_MAILBOX: MailboxOptions<SeatMailboxMessage> = {
  overflow: 'reject',
  priority: (message) => (message.type === 'ballot-request' ? 1 : 0),
  lanes: 2,
};

/**
 * Behavior of a seat; it keeps no state of its own in the actor.
 *
 * What was signed outlives a reset of the actor, because it lives with the behavior: a seat that crashed
 * and was reset still answers a repeated request with the same ballot. Every request gets one answer,
 * unless its session has closed; a defect answers `no-ballot` first and then crashes the actor for its
 * supervisor to see.
 */
export function createSeatBehavior(options: SeatActorOptions): Behavior<undefined, SeatMailboxMessage> {
  const desk = new SeatDesk(options);
  return function seat(_state, message, ctx) {
    if (message.type === 'ballot-request') desk.request(message, ctx);
    else if (message.type === 'session-closed') desk.close(message.decisionId);
    else desk.ended(message);
    return undefined;
  };
}

/** What waits for one evaluation. */
interface Waiting {
  readonly replyTo: Set<BallotReplyRef>;
}

class SeatDesk {
  readonly #options: SeatActorOptions;
  readonly #maker: BallotMaker;
  readonly #cast: CastBallots;
  readonly #inFlight = new Map<string, Waiting>();
  /** Decisions whose session has closed; bounded, oldest out. */
  readonly #closed = new Set<string>();

  constructor(options: SeatActorOptions) {
    this.#options = options;
    this.#cast = new CastBallots(options.rememberedCount ?? 1_024);
    this.#maker = new BallotMaker(options.plan, options.keys, this.#cast);
  }

  request(request: BallotRequest & { replyTo: BallotReplyRef }, ctx: ActorContext<SeatMailboxMessage>): void {
    const { decision, round, replyTo } = request;
    if (this.#closed.has(decision.decisionId)) return;
    const known = this.#cast.get(decision.decisionId, round);
    if (known) return this.#repeat(request, known);
    const waiting = this.#inFlight.get(`${decision.decisionId}/${round}`);
    if (waiting) return void waiting.replyTo.add(replyTo);
    const remainingMs = this.#remainingMs(request, ctx);
    if (remainingMs <= 0) return this.#refuse(request, 'deadline', 'no time was left when its turn came');
    if (this.#inFlight.size >= (this.#options.maxInFlightCount ?? 256)) {
      return this.#refuse(request, 'refused', 'too many decisions wait on evaluators');
    }
    this.#start(request, remainingMs, ctx);
  }

  #start(
    request: BallotRequest & { replyTo: BallotReplyRef },
    remainingMs: number,
    ctx: ActorContext<SeatMailboxMessage>,
  ): void {
    const budget = createBudget(this.#options.clock, remainingMs);
    try {
      const formed = this.#maker.form(request, budget);
      if (!(formed instanceof Promise)) {
        budget.release();
        return this.#answer(request, { formed, isOverdue: false }, [request.replyTo]);
      }
      this.#inFlight.set(keyOf(request), { replyTo: new Set([request.replyTo]) });
      ctx.pipeToSelf(
        () =>
          formed
            .then((done) => ({ formed: done, isOverdue: budget.remainingMs() <= 0 }))
            .finally(() => budget.release()),
        (result) => ({ type: 'evaluation-ended', request, result }),
      );
    } catch (error) {
      budget.release();
      this.#refuse(request, 'refused', messageOf(error));
      throw error;
    }
  }

  ended({ request, result }: EvaluationEnded): void {
    const waiting = this.#inFlight.get(keyOf(request));
    this.#inFlight.delete(keyOf(request));
    const replyTo = [...(waiting?.replyTo ?? [])];
    if (result.status === 'fulfilled') return this.#answer(request, result.value, replyTo);
    for (const to of replyTo) this.#refuse({ ...request, replyTo: to }, 'refused', messageOf(result.reason));
    throw result.reason;
  }

  close(decisionId: string): void {
    this.#closed.add(decisionId);
    if (this.#closed.size <= (this.#options.rememberedCount ?? 1_024)) return;
    for (const oldest of this.#closed) return void this.#closed.delete(oldest);
  }

  /** A second request of the same session gets the same ballot; another session of the decision gets none. */
  #repeat(request: BallotRequest & { replyTo: BallotReplyRef }, known: Ballot): void {
    if (known.body.sessionDigest === request.sessionDigest) {
      return this.#answer(request, { formed: { ballot: known }, isOverdue: false }, [request.replyTo]);
    }
    this.#refuse(request, 'refused', 'this seat has voted on the decision under other terms');
  }

  #answer(
    request: BallotRequest,
    { formed, isOverdue }: Evaluated,
    replyTo: readonly BallotReplyRef[],
  ): void {
    if ('refused' in formed) {
      const reason = isOverdue ? 'deadline' : 'refused';
      for (const to of replyTo) this.#refuse({ ...request, replyTo: to }, reason, formed.refused);
      return;
    }
    const { ballot } = formed;
    this.#cast.add(ballot);
    const { decisionId } = request.decision;
    for (const to of replyTo) to.tell({ type: 'ballot', decisionId, seat: this.#options.plan.seat, ballot });
  }

  #refuse(
    { decision, round, replyTo }: BallotRequest & { replyTo: BallotReplyRef },
    reason: 'deadline' | 'refused',
    detail: string,
  ): void {
    const { seat } = this.#options.plan;
    replyTo.tell({
      type: 'no-ballot',
      decisionId: decision.decisionId,
      seat,
      round,
      reason,
      detail: detail.slice(0, 500),
    });
  }

  /** What remains of the budget after the time in the mailbox, where sender and seat share a clock. */
  #remainingMs(
    request: BallotRequest & { replyTo: BallotReplyRef },
    ctx: ActorContext<SeatMailboxMessage>,
  ): number {
    const isSameNode = request.replyTo.node === ctx.self.node;
    const carriedMs = ctx.budget?.remainingMs() ?? Infinity;
    if (request.sentAtMs === undefined || !isSameNode) return Math.min(request.budgetMs, carriedMs);
    const waitedMs = Math.max(0, this.#options.clock.monotonicMs() - request.sentAtMs);
    return Math.min(request.budgetMs - waitedMs, carriedMs);
  }
}

function keyOf(request: BallotRequest): string {
  return `${request.decision.decisionId}/${request.round}`;
}

function messageOf(error: unknown): string {
  const { code, message } = toWitanError(error);
  return `${code}: ${message}`;
}
