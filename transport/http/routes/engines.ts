/** Endpoints that the policy, evolution and audit engines keep at paths of their own (GWY-03). */
import {
  AUDIT_EVENT_LIMITS,
  AuditEventRequest,
  AuditReceipt,
} from '../../../contracts/messages/engines/audit-event.ts';
import {
  EVOLUTION_DECISION_TYPE,
  EVOLUTION_NOTICE,
  EvolutionAnswer,
  EvolutionRequest,
} from '../../../contracts/messages/engines/evolution.ts';
import { PolicyDecision, PolicyQuery } from '../../../contracts/messages/engines/policy.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { parseDecisionRequest } from '../../../contracts/parse-message.ts';
import { idempotencyKeyIn } from '../idempotency-key.ts';
import { route } from '../route.ts';
import type { Route, RouteCall } from '../route.ts';

/** Endpoints by engine; a door offers those of the engines that its node runs. */
export const ENGINE_ROUTES: Readonly<Record<'policy' | 'evolution' | 'audit', readonly Route[]>> = {
  policy: [
    route({
      method: 'POST',
      url: '/v1/data/acgs/main/decision',
      operation: 'policy.evaluate',
      operationId: 'evaluatePolicy',
      summary: 'Asks the policy alone, in the form of Open Policy Agent; decides nothing',
      body: PolicyQuery,
      errorForm: 'opa',
      responses: { 200: PolicyDecision },
      handle: evaluatePolicy,
    }),
  ],
  evolution: [
    route({
      method: 'POST',
      url: '/evolution/request',
      operation: 'evolution.request',
      operationId: 'requestEvolution',
      summary:
        'Puts a proposed change before the whole council; approval records the verdict and adopts nothing',
      body: EvolutionRequest,
      responses: { 200: EvolutionAnswer },
      handle: requestEvolution,
    }),
  ],
  audit: [
    route({
      method: 'POST',
      url: '/audit/event',
      operation: 'audit.append',
      operationId: 'appendAuditEvent',
      summary: 'Puts an event on the record; answers when it is durable',
      body: AuditEventRequest,
      bodyLimits: AUDIT_EVENT_LIMITS,
      responses: { 200: AuditReceipt },
      handle: ({ backend, body, principal, request }) =>
        backend.engines.appendEvent(body, { principal, idempotencyKey: idempotencyKeyIn(request.headers) }),
    }),
  ],
};

async function evaluatePolicy({
  backend,
  body,
  principal,
}: RouteCall<unknown, unknown, PolicyQuery>): Promise<PolicyDecision> {
  // As in Open Policy Agent: without an input the document is undefined, which is no error.
  if (body.input === undefined) return {};
  const { result, logId, index } = await backend.engines.evaluatePolicy(body.input, principal);
  return { result, decision_id: `${logId}/${index}` };
}

async function requestEvolution(
  call: RouteCall<unknown, unknown, EvolutionRequest>,
): Promise<EvolutionAnswer> {
  const { backend, body, principal, signal, traceparent, request } = call;
  const decision = evolutionDecision(body, idempotencyKeyIn(request.headers));
  const { decisionId, verdict } = await backend.submit(decision, { principal, signal, traceparent });
  const { outcome, decidedBy, heldReason, alternative, notAfter } = (await verdict).body;
  return {
    request_id: decisionId,
    status: outcome,
    decided_by: decidedBy,
    held_reason: heldReason,
    conditions: alternative?.actions ?? [],
    valid_until: notAfter,
    adopted: false,
    notice: EVOLUTION_NOTICE,
  };
}

/** The decision that a proposed change becomes: the whole council sits on it. */
function evolutionDecision(
  { agent_id: operator, type, reason, ...facts }: EvolutionRequest,
  idempotencyKey: string | undefined,
): DecisionRequest {
  return parseDecisionRequest({
    type: EVOLUTION_DECISION_TYPE,
    text: `${operator} proposes a change of the policy (${type}).${reason === undefined ? '' : ` ${reason}`}`,
    context: { operator, change_type: type, ...(reason !== undefined && { reason }), ...facts },
    council: 'always',
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
}
