/** The council's supervisor, `/council`: one session actor for each decision, one result for each request. */
import type { DeliberateRequest, DeliberationResult } from '../../contracts/messages/council.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { ActorContext, ActorOptions, Behavior, Signal } from '../../runtime/kernel/actor.ts';
import { spawnStateless, stop } from '../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef } from '../../runtime/kernel/ref.ts';
import type { CouncilOptions } from './deliberation-options.ts';
import type { AdvisoryBallot, CouncilMessage, Deliberate, SessionMessage } from './session-messages.ts';
import { sessionResult } from './session-result.ts';
import { sessionJournalKey, spawnSession } from './spawn-session.ts';

const FIRST_RESTART_MS = 20;

/** A decision whose session is not gone yet. */
interface OpenSession {
  readonly request: DeliberateRequest;
  readonly deadlineMs: number;
  readonly waiting: Set<ActorRef<DeliberationResult>>;
  ref: ActorRef<SessionMessage> | undefined;
  restarts: number;
  result: DeliberationResult | undefined;
  /** Its final entry is durable: nothing will ask for its events again. */
  isRecorded: boolean;
}

/** Everything in the mailbox of `/council`, its own timers included. */
export type CouncilMailboxMessage =
  | CouncilMessage
  | { readonly type: 'restart-session'; readonly decisionId: DecisionId }
  | { readonly type: 'session-overdue'; readonly decisionId: DecisionId };

type Ctx = ActorContext<CouncilMailboxMessage>;

/** Behavior and options to spawn `/council` with. */
export interface CouncilActor {
  readonly behavior: Behavior<CouncilDesk, CouncilMailboxMessage>;
  readonly options: ActorOptions<CouncilDesk, CouncilMailboxMessage>;
}

/**
 * The council as an actor: `spawn(system, actor.behavior, 'council', actor.options)`.
 *
 * Answers each `deliberate` exactly once, by its deadline: with the session's conclusion, or held as
 * `session-lost` when the session cannot be brought to one. The same decision asked twice shares one
 * session.
 */
export function createCouncilActor(options: CouncilOptions): CouncilActor {
  return {
    behavior: function council(desk, message, ctx) {
      desk.take(message, ctx);
      return desk;
    },
    options: {
      initialStateFunc: (ctx) => {
        if (options.outside) spawnStateless(ctx.self, ignore, 'external');
        return new CouncilDesk(options, spawnStateless(ctx.self, ignore, 'session'));
      },
      onSignal: (desk, signal, ctx) => {
        desk.signal(signal, ctx);
        return desk;
      },
      // A defect in one request must not take the sessions of the others down.
      onCrash: () => 'resume',
      mailbox: { overflow: 'reject', reserved: 256, isReserved: ({ type }) => type !== 'deliberate' },
    },
  };
}

/** `/council/session` and `/council/external` only stand above others. */
function ignore(): void {}

/** State of the council: its open sessions. */
export class CouncilDesk {
  readonly #options: CouncilOptions;
  readonly #parent: AnyRef;
  readonly #open = new Map<DecisionId, OpenSession>();

  constructor(options: CouncilOptions, parent: AnyRef) {
    this.#options = options;
    this.#parent = parent;
  }

  /** Sessions that are not gone yet. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Handles one message. */
  take(message: CouncilMailboxMessage, ctx: Ctx): void {
    switch (message.type) {
      case 'deliberate':
        return this.#deliberate(message, ctx);
      case 'session-concluded':
        return this.#conclude(message.result, ctx);
      case 'advisory-ballot':
        return this.#advise(message);
      case 'restart-session':
        return this.#restart(message.decisionId, ctx);
      case 'session-overdue':
        return this.#overdue(message.decisionId, ctx);
      case 'decision-recorded':
        return this.#recorded(message.decisionId, ctx);
    }
  }

  /** A session is gone: done, or to be started again while its decision has time. */
  signal(signal: Signal, ctx: Ctx): void {
    if (signal.kind !== 'terminated') return;
    for (const [decisionId, open] of this.#open) {
      if (open.ref !== signal.ref) continue;
      open.ref = undefined;
      if (open.result) this.#leave(open, ctx);
      else if (open.restarts >= (this.#options.maxSessionRestarts ?? 3)) this.#lose(open, ctx);
      else {
        const delayMs = FIRST_RESTART_MS * 2 ** open.restarts;
        open.restarts += 1;
        ctx.setTimer(`restart/${decisionId}`, delayMs, { type: 'restart-session', decisionId });
      }
    }
  }

  #deliberate({ replyTo, ...request }: Deliberate, ctx: Ctx): void {
    const { decisionId } = request.terms;
    const known = this.#open.get(decisionId);
    if (known && known.request.sessionDigest !== request.sessionDigest) {
      ctx.log.error('a session of this decision runs under other terms', { decisionId });
      return replyTo.tell(lost(request));
    }
    if (known?.result) return replyTo.tell(known.result);
    if (known) return void known.waiting.add(replyTo);
    const deadlineMs = this.#options.clock.monotonicMs() + request.budgetMs;
    const waiting = new Set([replyTo]);
    const open: OpenSession = {
      request,
      deadlineMs,
      waiting,
      ref: undefined,
      restarts: 0,
      result: undefined,
      isRecorded: false,
    };
    this.#open.set(decisionId, open);
    ctx.setTimer(`overdue/${decisionId}`, Math.max(0, request.budgetMs), {
      type: 'session-overdue',
      decisionId,
    });
    this.#start(open, ctx);
  }

  #start(open: OpenSession, ctx: Ctx): void {
    const { request } = open;
    const ref = spawnSession(this.#parent, this.#options, request.terms.decisionId);
    open.ref = ref;
    ctx.watch(ref);
    const remainingMs = open.deadlineMs - this.#options.clock.monotonicMs();
    ref.tell({ type: 'begin', request, remainingMs, council: ctx.self });
  }

  /** Shown and reported, counted nowhere; it may come when the seats have long decided. */
  #advise({ decisionId, agent, ballot }: AdvisoryBallot): void {
    const { round } = ballot.body;
    this.#options.events.publish(decisionId, { type: 'advisory-ballot', agent, round, ballot });
    this.#options.onIncident?.({ kind: 'advisory-ballot', decisionId, seat: agent, round, ballot });
  }

  #restart(decisionId: DecisionId, ctx: Ctx): void {
    const open = this.#open.get(decisionId);
    if (open && !open.ref && !open.result) this.#start(open, ctx);
  }

  #conclude(result: DeliberationResult, ctx: Ctx): void {
    const open = this.#open.get(result.decisionId);
    if (!open || open.result) return;
    this.#answer(open, result, ctx);
    if (!open.ref) this.#leave(open, ctx);
  }

  /** The session missed its own deadline: its result, if one comes yet, is too late to be recorded by. */
  #overdue(decisionId: DecisionId, ctx: Ctx): void {
    const open = this.#open.get(decisionId);
    if (!open || open.result) return;
    ctx.log.error('a session did not end by its deadline', { decisionId });
    this.#lose(open, ctx);
    if (open.ref) void stop(open.ref);
  }

  #recorded(decisionId: DecisionId, ctx: Ctx): void {
    const open = this.#open.get(decisionId);
    if (open) open.isRecorded = true;
    else this.#forget(decisionId, ctx);
  }

  /** The record holds every counted ballot; the session's own events have served. */
  #forget(decisionId: DecisionId, ctx: Ctx): void {
    this.#options.journal.forget(sessionJournalKey(decisionId)).catch((error: unknown) => {
      ctx.log.warn('the events of a session were not removed', { decisionId, error: String(error) });
    });
  }

  #lose(open: OpenSession, ctx: Ctx): void {
    this.#answer(open, lost(open.request), ctx);
    if (!open.ref) this.#leave(open, ctx);
  }

  /** Answered, and its actor is gone: no event is written any more. */
  #leave({ request, isRecorded }: OpenSession, ctx: Ctx): void {
    const { decisionId } = request.terms;
    this.#open.delete(decisionId);
    if (isRecorded) this.#forget(decisionId, ctx);
  }

  #answer(open: OpenSession, result: DeliberationResult, ctx: Ctx): void {
    open.result = result;
    ctx.cancelTimer(`overdue/${result.decisionId}`);
    ctx.cancelTimer(`restart/${result.decisionId}`);
    for (const replyTo of open.waiting) replyTo.tell(result);
    open.waiting.clear();
  }
}

function lost({ terms }: DeliberateRequest): DeliberationResult {
  return sessionResult(terms, [], { rounds: 0, heldFor: 'session-lost' });
}
