/** Decisions with a session on this node, and who waits for them. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { DecisionId, Digest } from '../../../contracts/messages/ids.ts';
import type { Credit } from '../../../runtime/kernel/credit-semaphore.ts';
import type { ActorRef, AnyRef } from '../../../runtime/kernel/index.ts';
import type { SubmitReply, VerdictReply } from './messages.ts';

/** What makes a decision live. */
export interface LiveStart {
  readonly decision: Decision;
  /** Absent for decisions taken over while no credit was free. */
  readonly credit: Credit | undefined;
  readonly isAccepted: boolean;
  /** Whether this submission added the attempt to the memory. */
  readonly isNewAttempt?: boolean;
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** One live decision: its credit, and the answers that it owes. */
export class LiveDecision {
  readonly decisionId: DecisionId;
  readonly tenant: string;
  readonly digest: Digest;
  readonly isNewAttempt: boolean;
  readonly sinceMs: number;
  readonly deadlineMs: number;
  /** Actor of its session; undefined until it is spawned. */
  session: AnyRef | undefined;
  /** Its session is gone without a word: what is settled for it from the log is its end. */
  isLost = false;
  readonly #credit: Credit | undefined;
  readonly #submitters: { readonly replyTo: ActorRef<SubmitReply>; readonly joined: boolean }[] = [];
  readonly #waiters: ActorRef<VerdictReply>[] = [];
  #isAccepted: boolean;

  constructor(start: LiveStart) {
    this.decisionId = start.decision.decisionId;
    this.tenant = start.decision.tenant;
    this.digest = start.decision.digest;
    this.isNewAttempt = start.isNewAttempt ?? false;
    this.sinceMs = start.sinceMs;
    this.deadlineMs = start.deadlineMs;
    this.#credit = start.credit;
    this.#isAccepted = start.isAccepted;
  }

  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  /** Adds a submitter; it is answered at once when the decision is accepted already. */
  join(replyTo: ActorRef<SubmitReply>, verdictTo?: ActorRef<VerdictReply>, joined = true): void {
    if (verdictTo) this.#waiters.push(verdictTo);
    if (this.#isAccepted) replyTo.tell({ type: 'accepted', decisionId: this.decisionId, joined });
    else this.#submitters.push({ replyTo, joined });
  }

  /** Adds someone who waits for the verdict. */
  awaitVerdict(replyTo: ActorRef<VerdictReply>): void {
    this.#waiters.push(replyTo);
  }

  /** The `opened` entry is durable: tells all submitters. */
  accept(): void {
    this.#isAccepted = true;
    this.#answerSubmitters();
  }

  /** Gives the credit back and answers everybody, once. */
  end(reply: VerdictReply): void {
    this.#credit?.release();
    // A verdict without an acceptance: the decision was on record before it was submitted again.
    if (reply.type === 'verdict') this.#answerSubmitters(true);
    else for (const { replyTo } of this.#submitters.splice(0)) replyTo.tell(reply);
    for (const waiter of this.#waiters.splice(0)) waiter.tell(reply);
  }

  #answerSubmitters(known = false): void {
    for (const { replyTo, joined } of this.#submitters.splice(0)) {
      replyTo.tell({ type: 'accepted', decisionId: this.decisionId, joined: joined || known });
    }
  }
}

/** Live decisions by id. */
export class LiveDecisions {
  readonly #byId = new Map<DecisionId, LiveDecision>();

  get size(): number {
    return this.#byId.size;
  }

  add(start: LiveStart): LiveDecision {
    const live = new LiveDecision(start);
    this.#byId.set(live.decisionId, live);
    return live;
  }

  get(decisionId: DecisionId): LiveDecision | undefined {
    return this.#byId.get(decisionId);
  }

  /** Ids of all of them. O(live) */
  ids(): readonly DecisionId[] {
    return [...this.#byId.keys()];
  }

  /** Removes a decision; who takes it must end it. */
  take(decisionId: DecisionId): LiveDecision | undefined {
    const live = this.#byId.get(decisionId);
    this.#byId.delete(decisionId);
    return live;
  }

  /** Ends all with `unavailable`: the node stops. */
  endAll(): void {
    for (const decisionId of [...this.#byId.keys()]) {
      const error = new WitanError('unavailable', 'the node stops; read the decision by its id later', {
        decisionId,
      });
      this.take(decisionId)?.end({ type: 'failed', error });
    }
  }
}
