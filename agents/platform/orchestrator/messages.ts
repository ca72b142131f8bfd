/** Messages of the orchestrator and of the actors below it. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import type { DurableReply } from '../../../contracts/messages/cluster/durable.ts';
import type { DecisionView, Page } from '../../../contracts/messages/decision-view.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { ResolutionPayload } from '../../../contracts/messages/session.ts';
import type { HeldReason, Outcome, Verdict } from '../../../contracts/messages/verdict.ts';
import type { IndexPage } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import type { ActorRef, AnyRef } from '../../../runtime/kernel/ref.ts';
import type { SessionEnd, SessionJob } from './decision-session.ts';
import type { Attempt } from './attempts.ts';

/** Answer to a submission: once, when the `opened` entry is durable or the decision was known. */
export type SubmitReply =
  | { readonly type: 'accepted'; readonly decisionId: DecisionId; readonly joined: boolean }
  | { readonly type: 'failed'; readonly error: WitanError };

/** The recorded verdict, or why none can be given now. */
export type VerdictReply =
  | { readonly type: 'verdict'; readonly verdict: Verdict }
  | { readonly type: 'failed'; readonly error: WitanError };

/** A decision as its entries tell it. */
export type ReadReply =
  | { readonly type: 'decision'; readonly view: DecisionView }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Submits a decision; the request was parsed at the edge, the principal comes from the gate. */
export interface Submit {
  readonly type: 'submit';
  readonly request: DecisionRequest;
  readonly principal: Principal;
  /** Time that the caller still has, ms; the decision gets no more. */
  readonly budgetMs?: number | undefined;
  /** Ends a wait for a credit with `cancelled`; changes nothing once the session has begun. */
  readonly signal?: AbortSignal | undefined;
  readonly replyTo: ActorRef<SubmitReply>;
  /** Gets the verdict as well, without asking for it. */
  readonly verdictTo?: ActorRef<VerdictReply> | undefined;
}

/** Something about a ballot that is recorded and not counted; sent by the host on the council's word. */
export interface BallotNotice {
  readonly type: 'ballot-notice';
  readonly kind: 'late-ballot' | 'advisory-ballot' | 'ballot-refused';
  readonly decisionId: DecisionId;
  readonly seat: string;
  readonly round: number;
  readonly ballot?: Ballot | undefined;
  readonly reason?: string | undefined;
  /** Of one that may come more than once: it is recorded once, and the entry names it. */
  readonly noticeId?: string | undefined;
  /** Told when it is on the record and the decision is still decided here, or what went wrong. */
  readonly replyTo?: ActorRef<DurableReply> | undefined;
}

/** What others send to `/platform/orchestrator`. */
export type OrchestratorRequest =
  | Submit
  | {
      readonly type: 'await-verdict';
      readonly decisionId: DecisionId;
      readonly tenant: string;
      readonly replyTo: ActorRef<VerdictReply>;
    }
  | {
      readonly type: 'read';
      readonly decisionId: DecisionId;
      readonly tenant: string;
      readonly replyTo: ActorRef<ReadReply>;
    }
  | BallotNotice
  /** Drops what is remembered of a decision whose input is erased. */
  | { readonly type: 'forget'; readonly decisionId: DecisionId }
  /** The node gained these: goes on with what is open among them, then answers. */
  | { readonly type: 'take-over'; readonly isIn: InScope; readonly replyTo: ActorRef<TakeOverReply> }
  /** The node gives these up, and owns them no more: answers once none of them is under way here. */
  | { readonly type: 'hand-over'; readonly isIn: InScope; readonly replyTo: ActorRef<HandOverReply> }
  /** The node lost these: another decides them, or will; whatever runs here ends at once, unrecorded. */
  | { readonly type: 'let-go'; readonly isIn: InScope }
  /** Looks for open entries without a session now; answered when all that were found are settled. */
  | { readonly type: 'sweep'; readonly replyTo?: ActorRef<{ readonly settled: number }> | undefined };

/** Which decisions a message is about. */
export type InScope = (decisionId: DecisionId) => boolean;

/** Answer to `take-over`. */
export type TakeOverReply =
  | { readonly type: 'taken-over'; readonly openCount: number }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Answer to `hand-over`. */
export interface HandOverReply {
  readonly type: 'handed-over';
}

/** Everything in the mailbox of `/platform/orchestrator`. */
export type OrchestratorMessage =
  | OrchestratorRequest
  | { readonly type: 'recovered'; readonly state: RecoveredState }
  | { readonly type: 'recover' }
  | {
      readonly type: 'open-recovered';
      readonly result: PromiseSettledResult<RecoveredState['open']>;
      readonly replyTo: ActorRef<TakeOverReply>;
    }
  | { readonly type: 'recovery-failed'; readonly error: unknown }
  | { readonly type: 'session-accepted'; readonly decisionId: DecisionId }
  | {
      readonly type: 'session-ended';
      readonly decisionId: DecisionId;
      readonly result: PromiseSettledResult<SessionEnd>;
    }
  /** The session's actor is gone; comes after whatever it still said. */
  | { readonly type: 'session-gone'; readonly session: AnyRef }
  /** Comes back after a while; how much later than that says how long messages wait. */
  | { readonly type: 'probe' }
  | {
      readonly type: 'settled';
      readonly decisionId: DecisionId;
      readonly result: PromiseSettledResult<Verdict>;
    }
  | { readonly type: 'open-found'; readonly open: readonly OpenDecision[]; readonly replyTo: SweepReplyTo }
  | { readonly type: 'done'; readonly finish: () => void };

type SweepReplyTo = ActorRef<{ readonly settled: number }> | undefined;

/** An `opened` entry without a final one. */
export interface OpenDecision {
  readonly decisionId: DecisionId;
  readonly tenant: string;
  readonly deadlineMs: number;
}

/** State that a start takes over. Attempts are oldest first, `atMs` on the monotonic clock. */
export interface RecoveredState {
  /** Open entries of an earlier run; with the job that goes on with them, or null when they are lost. */
  readonly open: readonly { readonly open: OpenDecision; readonly job: SessionJob | null }[];
  readonly attempts: readonly (Attempt & { readonly outcome: Outcome | null })[];
}

/**
 * Whether the index holds everything that the log held when it was asked; false: the index does not answer.
 */
export interface FeederReply {
  readonly isCurrent: boolean;
}

/** Messages of the index feeder. */
export type FeederMessage =
  | { readonly type: 'entry'; readonly entry: LedgerEntry }
  | { readonly type: 'sync'; readonly replyTo: ActorRef<FeederReply> }
  | { readonly type: 'fed'; readonly result: PromiseSettledResult<number> }
  | { readonly type: 'feed' };

/** A held decision that waits for a person. */
export interface ReviewItem {
  readonly decisionId: DecisionId;
  readonly type: string;
  readonly heldReason: HeldReason | null;
  readonly decidedAt: string;
  readonly finalIndex: number;
}

/** Answers of the review desk. */
export type ReviewListReply =
  | { readonly type: 'review-page'; readonly page: Page<ReviewItem> }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Answers of the review desk to a person's word. */
export type ResolveReply =
  | { readonly type: 'resolved'; readonly resolution: ResolutionPayload }
  | { readonly type: 'failed'; readonly error: WitanError };

/** What others send to `/platform/orchestrator/review`. */
export type ReviewMessage =
  | {
      readonly type: 'list-held';
      readonly tenant: string;
      readonly page: IndexPage;
      readonly replyTo: ActorRef<ReviewListReply>;
    }
  | {
      readonly type: 'resolve';
      readonly decisionId: DecisionId;
      readonly principal: Principal;
      readonly action: ResolutionPayload['action'];
      readonly reason: string;
      readonly replyTo: ActorRef<ResolveReply>;
    };
