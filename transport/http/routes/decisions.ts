/** Endpoints of decisions: submit, read, list, follow, prove. */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { DecisionSummary, DecisionView } from '../../../contracts/messages/decision-view.ts';
import { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import { DecisionId } from '../../../contracts/messages/ids.ts';
import { DecisionProof } from '../../../contracts/messages/decision-proof.ts';
import { Outcome, Verdict } from '../../../contracts/messages/verdict.ts';
import { parseDecisionRequest } from '../../../contracts/parse-message.ts';
import type { Submission } from '../../door/backend.ts';
import { CursorQuery, pageOf } from '../page-query.ts';
import { route } from '../route.ts';
import { resumePoint, streamed } from './streamed.ts';
import type { Route, RouteCall } from '../route.ts';

const ByDecision = z.strictObject({ decisionId: DecisionId });

/** Answer while the council still deliberates. */
export const Accepted = z.strictObject({ decisionId: DecisionId, state: z.literal('open') });

const Verification = z.strictObject({ verified: z.boolean(), detail: z.string() });

const ListQuery = CursorQuery.extend({
  outcome: z.union([Outcome, z.literal('open')]).optional(),
  type: z.string().max(64).optional(),
});

const FollowQuery = z.strictObject({ after: z.coerce.number().int().min(0).max(1e9).optional() });

/** Endpoints of decisions. */
export const decisionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/decisions/evaluate',
    operation: 'decision.evaluate',
    operationId: 'evaluateDecision',
    summary: 'Submits a decision; answers with the verdict, or at once with `Prefer: respond-async`',
    body: DecisionRequest,
    parseBody: parseDecisionRequest,
    responses: { 200: Verdict, 202: Accepted },
    handle: evaluate,
  }),
  route({
    method: 'GET',
    url: '/api/v1/decisions',
    operation: 'decision.list',
    operationId: 'listDecisions',
    summary: 'Lists decisions, newest first',
    query: ListQuery,
    responses: { 200: pageOf(DecisionSummary) },
    handle: ({ backend, query, principal }) => backend.listDecisions(query, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/decisions/:decisionId',
    operation: 'decision.read',
    operationId: 'readDecision',
    summary: 'Reads one decision: request, verdict, record state, resolutions',
    params: ByDecision,
    responses: { 200: DecisionView },
    handle: ({ backend, params, principal }) => backend.readDecision(params.decisionId, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/decisions/:decisionId/proof',
    operation: 'decision.proof',
    operationId: 'readProof',
    summary: 'Gives what `witan verify` needs to check the record offline',
    params: ByDecision,
    responses: { 200: DecisionProof },
    handle: ({ backend, params, principal }) => backend.proof(params.decisionId, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/decisions/:decisionId/verify',
    operation: 'decision.verify',
    operationId: 'verifyDecision',
    summary: 'Checks the record against the key of the node; who trusts nobody takes the proof',
    params: ByDecision,
    responses: { 200: Verification },
    handle: ({ backend, params, principal }) => backend.verify(params.decisionId, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/decisions/:decisionId/events',
    operation: 'decision.follow',
    operationId: 'followDecision',
    summary: 'Follows one decision live; resumes after `Last-Event-ID` or `after`',
    params: ByDecision,
    query: FollowQuery,
    responses: { 200: 'stream' },
    handle: followOne,
  }),
  route({
    method: 'GET',
    url: '/api/v1/events',
    operation: 'decision.follow-all',
    operationId: 'followAll',
    summary: 'Follows all decisions from now on',
    responses: { 200: 'stream' },
    handle: followEvery,
  }),
];

async function evaluate(call: RouteCall<unknown, unknown, DecisionRequest>): Promise<unknown> {
  const { backend, principal, reply, signal, traceparent } = call;
  const request = withHeaderKey(call.body, call.request.headers['idempotency-key']);
  const submission = await backend.submit(request, { principal, signal, traceparent });
  // The council goes on without us: an answer that nobody waits for must not end as an unhandled rejection.
  submission.verdict.catch(() => undefined);
  reply.header('location', `/api/v1/decisions/${submission.decisionId}`);
  const waitMs = asyncWaitMs(call.request.headers['prefer']);
  const verdict = waitMs === undefined ? await submission.verdict : await within(submission, waitMs);
  if (verdict) return verdict;
  reply.code(202).header('preference-applied', 'respond-async');
  return { decisionId: submission.decisionId, state: 'open' };
}

function withHeaderKey(request: DecisionRequest, header: string | string[] | undefined): DecisionRequest {
  if (header === undefined) return request;
  const inBody = request.idempotencyKey;
  if (
    typeof header !== 'string' ||
    header.length === 0 ||
    header.length > 200 ||
    (inBody ?? header) !== header
  ) {
    throw new WitanError('invalid_argument', 'the Idempotency-Key header cannot be used', {
      path: 'idempotency-key',
      expected: '1 to 200 characters, once, equal to idempotencyKey of the body where both are given',
    });
  }
  return { ...request, idempotencyKey: header };
}

/** RFC 7240: `respond-async`, optionally with `wait=SECONDS`; undefined when the caller wants to wait. */
function asyncWaitMs(prefer: string | string[] | undefined): number | undefined {
  const preferences = [prefer ?? '']
    .flat()
    .join(',')
    .toLowerCase()
    .split(/[,;]/)
    .map((part) => part.trim());
  if (!preferences.includes('respond-async')) return undefined;
  const wait = preferences.find((part) => /^wait=\d{1,4}$/.test(part));
  return wait ? Number(wait.slice(5)) * 1_000 : 0;
}

function within(submission: Submission, waitMs: number): Promise<Verdict | undefined> {
  if (waitMs === 0) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), waitMs);
    submission.verdict.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function followOne(
  call: RouteCall<{ decisionId: DecisionId }, { after?: number | undefined }, unknown>,
): Promise<undefined> {
  const { backend, params, principal, request } = call;
  const afterSequence = resumePoint(request.headers) ?? call.query.after ?? 0;
  return streamed(call, (stream) => {
    const follower = {
      onEvent: (event: DecisionEvent) =>
        stream.send({ name: event.type, id: String(event.sequence), sequence: event.sequence, data: event }),
      onSnapshot: (view: unknown) => stream.send({ name: 'snapshot', data: view }),
      onGap: (resumeAfter: number) => stream.gap(resumeAfter, 1),
      onEnd: () => stream.end(),
    };
    return backend.follow(params.decisionId, { afterSequence, principal, follower });
  });
}

async function followEvery(call: RouteCall<unknown, unknown, unknown>): Promise<undefined> {
  const { backend, principal, request } = call;
  return streamed(call, (stream) => {
    const leave = backend.followAll(principal, {
      onEvent: (event: DecisionEvent) =>
        stream.send({ name: event.type, id: `${event.decisionId}/${event.sequence}`, data: event }),
      onGap: (droppedCount) => stream.gap(0, droppedCount),
      onEnd: () => stream.end(),
    });
    // This feed has no history: whoever comes back has missed an unknown number of events.
    if (request.headers['last-event-id'] !== undefined) stream.gap(0, 0);
    return leave;
  });
}
