/** Credits of open decisions, and the submissions that wait for one. */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { Settings } from '../../../../config/schema.ts';
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { Credit, CreditSemaphore } from '../../../../runtime/kernel/credit-semaphore.ts';
import type { ActorContext } from '../../../../runtime/kernel/index.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import type { OrchestratorMessage, Submit } from '../messages.ts';
import { FairShareQueue } from './fair-share-queue.ts';
import type { Ticket } from './fair-share-queue.ts';

/** A submission on its way to a session; several when the same key came again while it waited. */
export interface Arrival {
  readonly decision: Decision;
  /** Oldest first, at least one. */
  readonly submits: readonly Submit[];
  /** Time that the decision has, ms; what it waited is taken off. */
  readonly budgetMs: number;
  readonly traceparent: string | undefined;
}

/** What the room works with. */
export interface WaitingRoomParts {
  readonly admission: CreditSemaphore;
  readonly clock: Clock;
  readonly telemetry?: Pick<TelemetryPort, 'gauge' | 'time'> | undefined;
  readonly settings: Settings['admission'];
  /** Of the actor in whose turns the room is used: time and wake-ups come back as its messages. */
  readonly ctx: Pick<ActorContext<OrchestratorMessage>, 'self' | 'setTimer' | 'cancelTimer'>;
  /** Begins the session of one that was let in; the credit is then the session's. */
  open(arrival: Arrival, credit: Credit): void;
}

interface Visit {
  readonly arrival: Arrival;
  readonly submits: Submit[];
  readonly sinceMs: number;
  /** Longest wait, ms. */
  readonly waitMs: number;
  readonly timer: string;
  /** Stop listening to the signals of its callers. */
  readonly quiet: (() => void)[];
  ticket: Ticket<Visit> | undefined;
}

type WaitResult = 'served' | 'expired' | 'cancelled' | 'stopped';

/** Of its own time a decision waits at most this part: the rest must do for deciding it. */
const WAIT_SHARE = 0.5;

/**
 * Lets submissions in while credits are free; beyond that a tenant below its fair share waits a moment for
 * the next one, and everybody else is refused at once. {@link FairShareQueue} says who may wait, and whose
 * turn it is.
 *
 * No credit is free while a submission waits. Nothing of it is on record yet: who leaves, leaves no trace.
 */
export class WaitingRoom {
  readonly #parts: WaitingRoomParts;
  readonly #queue: FairShareQueue<Visit>;
  readonly #visits = new Map<DecisionId, Visit>();
  #isWoken = false;
  #isClosed = false;

  constructor(parts: WaitingRoomParts) {
    this.#parts = parts;
    const { waitMaxCount: maxCount, tenantWaitMaxCount: tenantMaxCount } = parts.settings;
    this.#queue = new FairShareQueue({
      maxCount,
      tenantMaxCount,
      weightOf: (tenant) => this.#weightOf(tenant),
    });
  }

  /** Submissions that wait; those that joined one are not counted. */
  get count(): number {
    return this.#queue.count;
  }

  /** The decision that waits under this id. */
  get(decisionId: DecisionId): Decision | undefined {
    return this.#visits.get(decisionId)?.arrival.decision;
  }

  /** Adds a submission to the one that waits under its id: it is let in, or refused, with that one. */
  join(decisionId: DecisionId, submit: Submit): void {
    const visit = this.#visits.get(decisionId)!;
    visit.submits.push(submit);
    this.#listen(visit, submit);
  }

  /** Opens the arrival now or lets it wait. @throws overloaded, cancelled (its caller is gone already) */
  enter(arrival: Arrival): void {
    const { admission, settings } = this.#parts;
    const { tenant } = arrival.decision;
    const signal = arrival.submits[0]?.signal;
    if (signal?.aborted) throw gaveUp(signal, arrival.decision.decisionId);
    // A credit that came back since the last turn belongs to who waits.
    this.serve();
    const credit = this.tryTake(tenant);
    if (credit) return this.#open(arrival, credit);
    const isOpen = !this.#isClosed && settings.waitMaxMs > 0;
    if (!isOpen || !this.#queue.mayWait(tenant, admission.credits)) throw this.#overloaded();
    this.#wait(arrival);
  }

  /** A credit at once, or undefined when none is free. */
  tryTake(tenant: string): Credit | undefined {
    const { admission } = this.#parts;
    // A refused `tryAcquire` lays a claim to the next credit: here who waits has it.
    const credit = admission.inUse < admission.credits ? admission.tryAcquire(tenant) : undefined;
    if (!credit) return undefined;
    this.#queue.begin(tenant);
    let isHeld = true;
    return {
      key: tenant,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        credit.release();
        this.#queue.end(tenant);
        this.#wake();
      },
    };
  }

  /** Changes how many credits there are. */
  setCredits(count: number): void {
    this.#parts.admission.setCredits(count);
    this.serve();
  }

  /** Lets in who waits, as long as credits are free. */
  serve(): void {
    const { admission } = this.#parts;
    while (this.#queue.count > 0 && admission.inUse < admission.credits) {
      const { tenant, item: visit } = this.#queue.take()!;
      const waitedMs = this.#waitedMs(visit);
      // Its time was over, and only the message that says so is not there yet.
      if (waitedMs >= visit.waitMs) {
        this.#refuse(visit, 'expired', this.#overloaded());
        continue;
      }
      const credit = this.tryTake(tenant);
      if (!credit) {
        this.#refuse(visit, 'expired', this.#overloaded());
        return;
      }
      this.#leave(visit, 'served');
      const { arrival, submits } = visit;
      this.#openOwed({ ...arrival, submits, budgetMs: arrival.budgetMs - waitedMs }, credit);
    }
  }

  /** Refuses everybody with `unavailable` and lets nobody wait any more: the node stops. */
  close(): void {
    this.#isClosed = true;
    while (this.#queue.count > 0) {
      const { item: visit } = this.#queue.take()!;
      const { decisionId } = visit.arrival.decision;
      const error = new WitanError('unavailable', 'the node stops; nothing was recorded', { decisionId });
      this.#refuse(visit, 'stopped', error);
    }
  }

  #wait(arrival: Arrival): void {
    const { clock, settings, ctx } = this.#parts;
    const { decisionId, tenant } = arrival.decision;
    const visit: Visit = {
      arrival,
      submits: [...arrival.submits],
      sinceMs: clock.monotonicMs(),
      waitMs: Math.min(settings.waitMaxMs, arrival.budgetMs * WAIT_SHARE),
      timer: `wait ${decisionId}`,
      quiet: [],
      ticket: undefined,
    };
    visit.ticket = this.#queue.push(tenant, visit);
    this.#visits.set(decisionId, visit);
    for (const submit of visit.submits) this.#listen(visit, submit);
    ctx.setTimer(visit.timer, visit.waitMs, {
      type: 'done',
      finish: () => this.#withdraw(visit, 'expired'),
    });
    this.#tellCount();
  }

  /** A caller that is gone takes its submission with it, also when others joined it. */
  #listen(visit: Visit, submit: Submit): void {
    const { signal } = submit;
    if (!signal) return;
    const { decisionId } = visit.arrival.decision;
    const finish = (): void => {
      if (this.#visits.get(decisionId) !== visit) return;
      visit.submits.splice(visit.submits.indexOf(submit), 1);
      submit.replyTo.tell({ type: 'failed', error: gaveUp(signal, decisionId) });
      if (visit.submits.length === 0) this.#withdraw(visit, 'cancelled');
    };
    // Not in the caller's turn: the state belongs to the actor's own.
    const onAbort = (): void => this.#parts.ctx.self.tell({ type: 'done', finish });
    signal.addEventListener('abort', onAbort, { once: true });
    visit.quiet.push(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  }

  /** Takes out one that still waits. */
  #withdraw(visit: Visit, result: WaitResult): void {
    if (this.#visits.get(visit.arrival.decision.decisionId) !== visit) return;
    this.#queue.remove(visit.ticket!);
    this.#refuse(visit, result, this.#overloaded());
  }

  #refuse(visit: Visit, result: WaitResult, error: WitanError): void {
    this.#leave(visit, result);
    for (const { replyTo } of visit.submits) replyTo.tell({ type: 'failed', error });
  }

  #leave(visit: Visit, result: WaitResult): void {
    const { ctx, telemetry } = this.#parts;
    this.#visits.delete(visit.arrival.decision.decisionId);
    ctx.cancelTimer(visit.timer);
    for (const quiet of visit.quiet) quiet();
    telemetry?.time('admission_wait', this.#waitedMs(visit), { result });
    this.#tellCount();
  }

  #open(arrival: Arrival, credit: Credit): void {
    try {
      this.#parts.open(arrival, credit);
    } catch (error) {
      credit.release();
      throw error;
    }
  }

  /** Opens one whose caller waits for the answer: a failure is its answer, and not the end of this turn. */
  #openOwed(arrival: Arrival, credit: Credit): void {
    try {
      this.#open(arrival, credit);
    } catch (error) {
      const reply = { type: 'failed', error: toWitanError(error) } as const;
      for (const { replyTo } of arrival.submits) replyTo.tell(reply);
    }
  }

  /** Serves in a turn of its own: a credit comes back in the middle of ending its decision. */
  #wake(): void {
    if (this.#isWoken || this.#queue.count === 0) return;
    this.#isWoken = true;
    const finish = (): void => {
      this.#isWoken = false;
      this.serve();
    };
    this.#parts.ctx.self.tell({ type: 'done', finish });
  }

  #waitedMs(visit: Visit): number {
    return this.#parts.clock.monotonicMs() - visit.sinceMs;
  }

  #overloaded(): WitanError {
    return this.#parts.admission.overloaded(this.#queue.count);
  }

  #tellCount(): void {
    this.#parts.telemetry?.gauge('waiting_submissions', this.#queue.count);
  }

  #weightOf(tenant: string): number {
    const { tenantTiers, defaultTier, tierShares } = this.#parts.settings;
    const tier = Object.hasOwn(tenantTiers, tenant) ? tenantTiers[tenant]! : defaultTier;
    return Object.hasOwn(tierShares, tier) ? tierShares[tier]! : 1;
  }
}

function gaveUp({ reason }: AbortSignal, decisionId: DecisionId): WitanError {
  if (reason instanceof WitanError) return reason;
  return new WitanError('cancelled', 'the caller gave up waiting; nothing was recorded', { decisionId });
}
