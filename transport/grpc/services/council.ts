/** `witan.v1.Council`: submit, read, list, prove; streams of it have files of their own. */
import { z } from 'zod';
import { HeldReason, Outcome } from '../../../contracts/messages/verdict.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { DecisionId, SeatId } from '../../../contracts/messages/ids.ts';
import { ResolutionPayload } from '../../../contracts/messages/session.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import { compileMessage } from '../../../contracts/proto/convert/compile-message.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import type { EvaluateRequest } from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import {
  Council,
  ListDecisionsRequestSchema,
  ResolveReviewRequestSchema,
  ReviewItemSchema,
} from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { Submission } from '../../door/backend.ts';
import { whileWanted } from '../call-life.ts';
import type { Call, GrpcMethod } from '../method.ts';
import { unary } from '../method.ts';
import { decisionOf } from './decision-of.ts';
import { evaluateStream } from './evaluate-stream.ts';
import { decisionIdOf, nextOf, pageOf } from './request-fields.ts';
import { watch } from './watch.ts';

const { method } = Council;

const listRequest = compileMessage(
  z.strictObject({
    cursor: z.string().max(200).optional(),
    limit: z.int().min(1).max(200).optional(),
    outcome: z.enum([...Outcome.options, 'open']).optional(),
    type: z.string().max(64).optional(),
  }),
  ListDecisionsRequestSchema,
);

const resolveRequest = compileMessage(
  ResolutionPayload.pick({ action: true, reason: true }).extend({ decisionId: DecisionId }),
  ResolveReviewRequestSchema,
);

const reviewItem = compileMessage(
  z.strictObject({
    decisionId: DecisionId,
    type: z.string(),
    heldReason: HeldReason.nullable(),
    decidedAt: z.string(),
    finalIndex: z.int().min(0),
  }),
  ReviewItemSchema,
);

/** Methods of the service. */
export const councilMethods: readonly GrpcMethod[] = [
  unary(method.evaluate, 'decision.evaluate', evaluate),
  evaluateStream,
  watch,
  unary(method.getDecision, 'decision.read', async (request, { backend, principal }) => ({
    decision: WIRE.decisionView.encode(await backend.readDecision(decisionIdOf(request), principal)),
  })),
  unary(method.listDecisions, 'decision.list', async (request, { backend, principal }) => {
    const query = parseMessage(listRequest.schema, listRequest.decode(request));
    const page = await backend.listDecisions({ ...query, limit: query.limit ?? 50 }, principal);
    return { items: page.items.map((item) => WIRE.decisionSummary.encode(item)), ...nextOf(page) };
  }),
  unary(method.getProof, 'decision.proof', async (request, { backend, principal }) => ({
    proof: WIRE.decisionProof.encode(await backend.proof(decisionIdOf(request), principal)),
  })),
  unary(method.verify, 'decision.verify', async (request, { backend, principal }) => ({
    ...(await backend.verify(decisionIdOf(request), principal)),
  })),
  unary(method.listAgents, 'agent.list', async (_request, { backend, principal }) => ({
    items: (await backend.agents(principal)).map((agent) => WIRE.agentView.encode(agent)),
  })),
  unary(method.listAgentActivity, 'agent.activity', async (request, { backend, principal }) => {
    const { agentId } = parseMessage(z.strictObject({ agentId: SeatId }), { agentId: request.agentId });
    const page = await backend.agentActivity(agentId, pageOf(request), principal);
    return { items: page.items.map((item) => WIRE.agentActivity.encode(item)), ...nextOf(page) };
  }),
  unary(method.listReviews, 'review.queue', async (request, { backend, principal }) => {
    const page = await backend.reviewQueue(pageOf(request), principal);
    return { items: page.items.map((item) => reviewItem.encode(item)), ...nextOf(page) };
  }),
  unary(method.resolveReview, 'review.resolve', async (request, { backend, principal }) => {
    const { decisionId, ...resolution } = parseMessage(resolveRequest.schema, resolveRequest.decode(request));
    return { resolution: WIRE.resolution.encode(await backend.resolve(decisionId, resolution, principal)) };
  }),
];

async function evaluate(
  { decision, waitMs }: EvaluateRequest,
  call: Call,
): Promise<{ decisionId: string; verdict?: ReturnType<typeof WIRE.verdict.encode> }> {
  const { backend, principal, signal, traceparent } = call;
  const options = { principal, signal, traceparent };
  const submission = await backend.submit(decisionOf(decision, call), options);
  // The council goes on without us: an answer that nobody waits for must not end as an unhandled rejection.
  submission.verdict.catch(() => undefined);
  const answer = waitMs === undefined ? submission.verdict : within(submission, waitMs);
  const verdict = await whileWanted(answer, signal);
  return { decisionId: submission.decisionId, ...(verdict && { verdict: WIRE.verdict.encode(verdict) }) };
}

function within(submission: Submission, waitMs: number): Promise<Verdict | undefined> {
  if (waitMs <= 0) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), waitMs);
    submission.verdict.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
