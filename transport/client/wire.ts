/** What the client needs of a transport; one is written for each door and all pass one conformance suite. */
import { z } from 'zod';
import { DecisionProof } from '../../contracts/messages/decision-proof.ts';
import {
  AgentActivity,
  AgentView,
  DecisionSummary,
  DecisionView,
  HealthView,
} from '../../contracts/messages/decision-view.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import { DecisionId } from '../../contracts/messages/ids.ts';
import { ApiKeyView, MadeApiKey } from '../../contracts/messages/identity/keys.ts';
import type { ApiKeyRequest, ApiKeyRotation } from '../../contracts/messages/identity/keys.ts';
import { ResolutionPayload } from '../../contracts/messages/session.ts';
import { HeldReason, Outcome, Verdict } from '../../contracts/messages/verdict.ts';

/** Where a page of a list starts, and how long it is. */
export interface PageInput {
  readonly cursor?: string | undefined;
  /** 1 to 200. */
  readonly limit?: number | undefined;
}

/** What each operation takes. */
export interface WireInputs {
  'decision.evaluate': { readonly request: DecisionRequest; readonly respondAsync: boolean };
  'decision.read': { readonly decisionId: DecisionId };
  'decision.list': PageInput & {
    readonly outcome?: Outcome | 'open' | undefined;
    readonly type?: string | undefined;
  };
  'decision.proof': { readonly decisionId: DecisionId };
  'decision.verify': { readonly decisionId: DecisionId };
  'agent.list': object;
  'agent.activity': PageInput & { readonly agentId: string };
  'review.queue': PageInput;
  'review.resolve': {
    readonly decisionId: DecisionId;
    readonly action: 'approve' | 'reject' | 'override';
    readonly reason: string;
  };
  'key.list': object;
  'key.create': ApiKeyRequest;
  'key.rotate': ApiKeyRotation & { readonly id: string };
  'key.revoke': { readonly id: string; readonly reason: string };
  'health.read': object;
}

/** Operations that a client calls. */
export type WireOperation = keyof WireInputs;

const pageOf = <T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; nextCursor: z.ZodNullable<z.ZodString> }> =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

const ReviewItem = z.strictObject({
  decisionId: DecisionId,
  type: z.string(),
  heldReason: HeldReason.nullable(),
  decidedAt: z.string(),
  finalIndex: z.int(),
});

/** Schema of each answer: what does not have this form is refused, whatever transport brought it. */
export const WIRE_ANSWERS = {
  'decision.evaluate': z.union([
    Verdict,
    z.strictObject({ decisionId: DecisionId, state: z.literal('open') }),
  ]),
  'decision.read': DecisionView,
  'decision.list': pageOf(DecisionSummary),
  'decision.proof': DecisionProof,
  'decision.verify': z.strictObject({ verified: z.boolean(), detail: z.string() }),
  'agent.list': z.strictObject({ items: z.array(AgentView) }),
  'agent.activity': pageOf(AgentActivity),
  'review.queue': pageOf(ReviewItem),
  'review.resolve': ResolutionPayload,
  'key.list': z.strictObject({ items: z.array(ApiKeyView) }),
  'key.create': MadeApiKey,
  'key.rotate': MadeApiKey,
  'key.revoke': ApiKeyView,
  'health.read': HealthView,
} as const satisfies Record<WireOperation, z.ZodType>;

/** What each operation gives. */
export type WireAnswer<O extends WireOperation> = z.output<(typeof WIRE_ANSWERS)[O]>;

/** How a caller is known; at most one of the two. */
export interface WireCredential {
  readonly apiKey?: string | undefined;
  readonly token?: string | undefined;
}

/** What goes with every call. */
export interface WireCallOptions {
  readonly credential: WireCredential;
  /** Time that the answer may take, ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** W3C trace context of the caller. */
  readonly traceparent?: string | undefined;
}

/** How much the node will still take from this caller. */
export interface WireRate {
  readonly remaining: number;
  readonly resetMs: number;
}

/** An answer, not yet checked. */
export interface WireReply {
  readonly body: unknown;
  readonly rate?: WireRate | undefined;
}

/** One thing that a follower of decisions gets. */
export type WireItem =
  | { readonly kind: 'event'; readonly event: DecisionEvent }
  | { readonly kind: 'snapshot'; readonly view: DecisionView }
  /** Events up to `resumeAfter` are lost to this follower. */
  | { readonly kind: 'gap'; readonly resumeAfter: number };

/** A transport. */
export interface Wire {
  readonly name: 'http' | 'grpc' | 'nats';
  /** @throws WitanError with the node's code; `unavailable` when no node answers */
  call<O extends WireOperation>(
    operation: O,
    input: WireInputs[O],
    options: WireCallOptions,
  ): Promise<WireReply>;
  /**
   * Events after `afterSequence` of one decision, or of all from now on. Ends when the node ends it.
   * @throws WitanError as `call`, before or between items
   */
  follow(
    of: { readonly decisionId: DecisionId | null; readonly afterSequence: number },
    options: WireCallOptions,
  ): AsyncIterable<WireItem>;
  close(): Promise<void>;
}
