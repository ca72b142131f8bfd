/** Which method of `witan.v1.Council` each operation is, and how its messages are read and written. */
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { z } from 'zod';
import { DecisionId } from '../../../contracts/messages/ids.ts';
import { ResolutionPayload } from '../../../contracts/messages/session.ts';
import { Outcome } from '../../../contracts/messages/verdict.ts';
import { compileMessage } from '../../../contracts/proto/convert/compile-message.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import {
  Council,
  ListAgentActivityResponseSchema,
  ListAgentsResponseSchema,
  ListDecisionsRequestSchema,
  ListDecisionsResponseSchema,
  ListReviewsResponseSchema,
  ResolveReviewRequestSchema,
} from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { WIRE_ANSWERS } from '../wire.ts';
import type { WireInputs, WireOperation } from '../wire.ts';

/** One operation over gRPC. */
export interface GrpcCall<I, Q extends DescMessage = DescMessage, A extends DescMessage = DescMessage> {
  readonly method: DescMethod & { readonly input: Q; readonly output: A };
  request(input: I): MessageInitShape<Q>;
  answer(message: MessageShape<A>): unknown;
}

const listRequest = compileMessage(
  z.strictObject({
    cursor: z.string().optional(),
    limit: z.int().min(1).max(200).optional(),
    outcome: z.enum([...Outcome.options, 'open']).optional(),
    type: z.string().optional(),
  }),
  ListDecisionsRequestSchema,
);
const resolveRequest = compileMessage(
  ResolutionPayload.pick({ action: true, reason: true }).extend({ decisionId: DecisionId }),
  ResolveReviewRequestSchema,
);
const decisions = compileMessage(WIRE_ANSWERS['decision.list'], ListDecisionsResponseSchema);
const agents = compileMessage(WIRE_ANSWERS['agent.list'], ListAgentsResponseSchema);
const activity = compileMessage(WIRE_ANSWERS['agent.activity'], ListAgentActivityResponseSchema);
const reviews = compileMessage(WIRE_ANSWERS['review.queue'], ListReviewsResponseSchema);

const { method } = Council;

function call<I, Q extends DescMessage, A extends DescMessage>(definition: GrpcCall<I, Q, A>): GrpcCall<I> {
  return definition as unknown as GrpcCall<I>;
}

/** Every operation; null: the service does not have it. */
export const CALLS: { readonly [O in WireOperation]: GrpcCall<WireInputs[O]> | null } = {
  'decision.evaluate': call({
    method: method.evaluate,
    request: ({ request, respondAsync }) => ({
      decision: WIRE.decisionRequest.encode(request),
      ...(respondAsync && { waitMs: 0 }),
    }),
    answer: ({ verdict, decisionId }) =>
      verdict ? WIRE.verdict.decode(verdict) : { decisionId, state: 'open' as const },
  }),
  'decision.read': call({
    method: method.getDecision,
    request: ({ decisionId }) => ({ decisionId }),
    answer: ({ decision }) => decision && WIRE.decisionView.decode(decision),
  }),
  'decision.list': call({
    method: method.listDecisions,
    request: (input) => listRequest.encode(input),
    answer: (page) => decisions.decode(page),
  }),
  'decision.proof': call({
    method: method.getProof,
    request: ({ decisionId }) => ({ decisionId }),
    answer: ({ proof }) => proof && WIRE.decisionProof.decode(proof),
  }),
  'decision.verify': call({
    method: method.verify,
    request: ({ decisionId }) => ({ decisionId }),
    answer: ({ verified, detail }) => ({ verified, detail }),
  }),
  'agent.list': call({
    method: method.listAgents,
    request: () => ({}),
    answer: (list) => agents.decode(list),
  }),
  'agent.activity': call({
    method: method.listAgentActivity,
    request: ({ agentId, ...page }) => ({ agentId, ...given(page) }),
    answer: (page) => activity.decode(page),
  }),
  'review.queue': call({
    method: method.listReviews,
    request: (page) => given(page),
    answer: (page) => reviews.decode(page),
  }),
  'review.resolve': call({
    method: method.resolveReview,
    request: (input) => resolveRequest.encode(input),
    answer: ({ resolution }) => resolution && WIRE.resolution.decode(resolution),
  }),
  'key.list': null,
  'key.create': null,
  'key.rotate': null,
  'key.revoke': null,
  'health.read': null,
};

function given({ cursor, limit }: { cursor?: string | undefined; limit?: number | undefined }): {
  cursor?: string;
  limit?: number;
} {
  return { ...(cursor !== undefined && { cursor }), ...(limit !== undefined && { limit }) };
}
