/** The orchestrator for those who are no actors: doors, the gate, the embedding host. */
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionView, Page } from '../../../contracts/messages/decision-view.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { ResolutionPayload } from '../../../contracts/messages/session.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { query } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { IndexPage } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';
import type {
  OrchestratorMessage,
  ReadReply,
  ResolveReply,
  ReviewItem,
  ReviewListReply,
  ReviewMessage,
  SubmitReply,
  VerdictReply,
} from './messages.ts';

/** An accepted decision: its `opened` entry is durable. */
export interface Submission {
  readonly decisionId: DecisionId;
  /** True when the same key had opened it before. */
  readonly joined: boolean;
  /** @throws unavailable, deadline_exceeded, both with `details.decisionId` */
  readonly verdict: Promise<Verdict>;
}

/** What may come with a submission. */
export interface SubmitOptions {
  /** Time that the caller still has, ms; the decision gets no more. */
  readonly budgetMs?: number | undefined;
  /** Ends a wait for a credit with `cancelled`; changes nothing once the decision is begun. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the call; travels in the envelope. */
  readonly traceparent?: string | undefined;
}

/**
 * Calls of the orchestrator as promises. Refs are found anew each time, so that restarted actors are found.
 */
export interface OrchestratorClient {
  /** @throws conflict, overloaded (`details.retryAfterMs`), cancelled, unavailable, storage_failed */
  submit(request: DecisionRequest, principal: Principal, options?: SubmitOptions): Promise<Submission>;
  /** Verdict of an accepted decision. @throws unavailable, deadline_exceeded, not_found */
  awaitVerdict(decisionId: DecisionId, tenant: string): Promise<Verdict>;
  /** @throws not_found, unavailable */
  read(decisionId: DecisionId, tenant: string): Promise<DecisionView>;
  /** Held decisions without a word of a person, newest first. */
  reviewQueue(tenant: string, page: IndexPage): Promise<Page<ReviewItem>>;
  /** @throws permission_denied, not_found, conflict, invalid_argument */
  resolve(
    decisionId: DecisionId,
    resolution: Pick<ResolutionPayload, 'action' | 'reason'>,
    principal: Principal,
  ): Promise<ResolutionPayload>;
}

/** Where the client finds the actors, and how long it waits. */
export interface OrchestratorClientOptions {
  readonly orchestrator: () => ActorRef<OrchestratorMessage>;
  readonly review: () => ActorRef<ReviewMessage>;
  /** System whose clock counts where the actors are on another node. */
  readonly via?: ActorSystem | undefined;
  /** Longest time of an answer, ms: acceptance, reads and resolutions (default 10,000). */
  readonly askMs?: number;
  /** Longest time until a verdict, ms (default 700,000: more than the longest deadline). */
  readonly verdictMs?: number;
}

/** Makes a client. */
export function createOrchestratorClient(options: OrchestratorClientOptions): OrchestratorClient {
  const { orchestrator, review, askMs = 10_000, verdictMs = 700_000 } = options;
  const via = options.via && { via: options.via };
  const waiting = { timeoutMs: askMs, ...via };
  const awaitVerdict = async (decisionId: DecisionId, tenant: string): Promise<Verdict> => {
    const message = (replyTo: ActorRef<VerdictReply>): OrchestratorMessage => {
      return { type: 'await-verdict', decisionId, tenant, replyTo };
    };
    const asked = query(orchestrator(), message, { timeoutMs: verdictMs, ...via });
    return (await answered(asked)).verdict;
  };
  return {
    awaitVerdict,
    async submit(request, principal, { budgetMs, signal, traceparent } = {}) {
      const asked = refusedWhenFull(
        query(
          orchestrator(),
          (replyTo: ActorRef<SubmitReply>) => ({
            type: 'submit' as const,
            request,
            principal,
            budgetMs,
            // A signal stays on its node: there it ends the ask.
            ...(!via && { signal }),
            replyTo,
          }),
          {
            ...waiting,
            ...(via && signal && { signal }),
            ...(traceparent !== undefined && { envelope: { traceparent } }),
          },
        ),
      );
      const { decisionId, joined } = await answered(asked);
      const verdict = awaitVerdict(decisionId, principal.tenant);
      // A caller may follow the events instead: an error that nobody awaits must not end the process.
      verdict.catch(() => {});
      return { decisionId, joined, verdict };
    },
    async read(decisionId, tenant) {
      const message = (replyTo: ActorRef<ReadReply>): OrchestratorMessage => ({
        type: 'read',
        decisionId,
        tenant,
        replyTo,
      });
      return (await answered(query(orchestrator(), message, waiting))).view;
    },
    async reviewQueue(tenant, page) {
      const message = (replyTo: ActorRef<ReviewListReply>): ReviewMessage => ({
        type: 'list-held',
        tenant,
        page,
        replyTo,
      });
      return (await answered(query(review(), message, waiting))).page;
    },
    async resolve(decisionId, { action, reason }, principal) {
      const message = (replyTo: ActorRef<ResolveReply>): ReviewMessage => ({
        type: 'resolve',
        decisionId,
        principal,
        action,
        reason,
        replyTo,
      });
      return (await answered(query(review(), message, waiting))).resolution;
    },
  };
}

/** @throws what the actor refused with */
async function answered<Reply extends { readonly type: string }>(
  asked: Promise<Reply | { readonly type: 'failed'; readonly error: WitanError }>,
): Promise<Exclude<Reply, { readonly type: 'failed' }>> {
  const reply = await asked;
  if (reply.type === 'failed') throw (reply as { readonly error: WitanError }).error;
  return reply as Exclude<Reply, { readonly type: 'failed' }>;
}

/** Time after which a full mailbox has room again, on any node that works at all. */
const FULL_RETRY_MS = 1_000;

/** A mailbox full of submissions is overload like a lack of credits: the caller learns when to come back. */
async function refusedWhenFull<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    if (!(error instanceof WitanError) || error.code !== 'mailbox_full') throw error;
    const details = { retryAfterMs: FULL_RETRY_MS };
    throw new WitanError('overloaded', 'too many submissions wait', details, error);
  }
}
