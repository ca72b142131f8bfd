/** Requests about decisions, seats and review. */
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import {
  AgentActivity,
  AgentView,
  DecisionSummary,
  DecisionView,
  HealthView,
} from '../../../../contracts/messages/decision-view.ts';
import { DecisionProof } from '../../../../contracts/messages/decision-proof.ts';
import { DecisionRequest } from '../../../../contracts/messages/decision.ts';
import { DecisionId } from '../../../../contracts/messages/ids.ts';
import { ResolutionPayload } from '../../../../contracts/messages/session.ts';
import { HeldReason, Outcome, Verdict } from '../../../../contracts/messages/verdict.ts';
import { NATS_HEADERS } from '../../../../contracts/nats-headers.ts';
import { parseDecisionRequest } from '../../../../contracts/parse-message.ts';
import { unary } from './endpoint.ts';
import type { Endpoint, NatsCall } from './endpoint.ts';
import { listOf, PageForm, pageOf } from './page-form.ts';
import { WIRE_FORMS } from './wire-forms.ts';

/** Names a decision. */
export const ByDecision = z.strictObject({ decisionId: DecisionId });

/** Nothing is asked for beyond the operation. */
export const Nothing = z.strictObject({});

/** Answer while the council still deliberates. */
export const AcceptedDecision = z.strictObject({ decisionId: DecisionId, state: z.literal('open') });

const ReviewItem = z.strictObject({
  decisionId: DecisionId,
  type: z.string(),
  heldReason: HeldReason.nullable(),
  decidedAt: z.string(),
  finalIndex: z.int(),
});

const Verification = z.strictObject({ verified: z.boolean(), detail: z.string() });

/** Endpoints of decisions, seats, review and health. */
export const decisionEndpoints: readonly Endpoint[] = [
  unary({
    operation: 'decision.evaluate',
    request: DecisionRequest,
    parse: parseDecisionRequest,
    requestWire: WIRE_FORMS.decisionRequest,
    response: z.union([Verdict, AcceptedDecision]),
    responseWire: WIRE_FORMS.evaluation,
    handle: evaluate,
  }),
  unary({
    operation: 'decision.read',
    request: ByDecision,
    response: DecisionView,
    requestWire: WIRE_FORMS.readRequest,
    responseWire: WIRE_FORMS.decisionView,
    handle: ({ backend, input, principal }) => backend.readDecision(input.decisionId, principal),
  }),
  unary({
    operation: 'decision.list',
    request: PageForm.extend({
      outcome: z.union([Outcome, z.literal('open')]).optional(),
      type: z.string().max(64).optional(),
    }),
    response: pageOf(DecisionSummary),
    requestWire: WIRE_FORMS.listRequest,
    responseWire: WIRE_FORMS.decisionList,
    handle: ({ backend, input, principal }) => backend.listDecisions(input, principal),
  }),
  unary({
    operation: 'decision.proof',
    request: ByDecision,
    response: DecisionProof,
    requestWire: WIRE_FORMS.proofRequest,
    responseWire: WIRE_FORMS.decisionProof,
    handle: ({ backend, input, principal }) => backend.proof(input.decisionId, principal),
  }),
  unary({
    operation: 'decision.verify',
    request: ByDecision,
    response: Verification,
    requestWire: WIRE_FORMS.verifyRequest,
    responseWire: WIRE_FORMS.verification,
    handle: ({ backend, input, principal }) => backend.verify(input.decisionId, principal),
  }),
  unary({
    operation: 'agent.list',
    request: Nothing,
    response: listOf(AgentView),
    requestWire: WIRE_FORMS.agentsRequest,
    responseWire: WIRE_FORMS.agentList,
    handle: async ({ backend, principal }) => ({ items: await backend.agents(principal) }),
  }),
  unary({
    operation: 'agent.activity',
    request: PageForm.extend({ agentId: z.string().max(40) }),
    response: pageOf(AgentActivity),
    handle: ({ backend, input: { agentId, ...page }, principal }) =>
      backend.agentActivity(agentId, page, principal),
  }),
  unary({
    operation: 'review.queue',
    request: PageForm,
    response: pageOf(ReviewItem),
    handle: ({ backend, input, principal }) => backend.reviewQueue(input, principal),
  }),
  unary({
    operation: 'review.resolve',
    request: ResolutionPayload.pick({ action: true, reason: true }).extend({ decisionId: DecisionId }),
    response: ResolutionPayload,
    handle: ({ backend, input: { decisionId, ...resolution }, principal }) =>
      backend.resolve(decisionId, resolution, principal),
  }),
  unary({
    operation: 'health.read',
    request: Nothing,
    response: HealthView,
    handle: ({ backend }) => backend.health(),
  }),
];

// A decision's own deadline may not be shorter (contracts/messages/decision.ts).
const SHORTEST_DEADLINE_MS = 50;

async function evaluate({
  input,
  backend,
  principal,
  headers,
  signal,
  traceparent,
}: NatsCall<DecisionRequest>): Promise<unknown> {
  const request = withDeadline(withKey(input, headers.idempotencyKey), headers.deadlineMs);
  const submission = await backend.submit(request, { principal, signal, traceparent });
  const { decisionId } = submission;
  // The council goes on without us: an answer that nobody waits for must not end as an unhandled rejection.
  submission.verdict.catch(() => undefined);
  if (headers.respondsAsync) return { decisionId, state: 'open' };
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      const reason = signal.reason instanceof WitanError ? signal.reason : undefined;
      const code = reason?.code ?? 'cancelled';
      reject(new WitanError(code, reason?.message ?? 'the call was given up', { decisionId }));
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    submission.verdict.then(resolve, reject);
  });
}

function withKey(request: DecisionRequest, key: string | undefined): DecisionRequest {
  if (key === undefined) return request;
  if (request.idempotencyKey === undefined) return { ...request, idempotencyKey: key };
  if (request.idempotencyKey === key) return request;
  throw new WitanError('invalid_argument', 'header and body name different idempotency keys', {
    path: NATS_HEADERS.idempotencyKey,
    expected: 'the idempotencyKey of the body',
  });
}

function withDeadline(request: DecisionRequest, deadlineMs: number | undefined): DecisionRequest {
  if (deadlineMs === undefined) return request;
  const ownMs = Math.min(request.deadlineMs ?? deadlineMs, deadlineMs);
  return { ...request, deadlineMs: Math.max(SHORTEST_DEADLINE_MS, ownMs) };
}
