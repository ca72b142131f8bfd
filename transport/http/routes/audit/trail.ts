/** Endpoints of the trail: make, read, search, prove and follow entries (ACC-08…10, AUD-08). */
import { z } from 'zod';
import { AuditEntry, AuditProof } from '../../../../contracts/messages/audit/entry.ts';
import {
  AUDIT_LOG_LIMITS,
  AuditLogRequest,
  AuditSearchFilter,
} from '../../../../contracts/messages/audit/requests.ts';
import { needService } from '../../../door/services.ts';
import { idempotencyKeyIn } from '../../idempotency-key.ts';
import { CursorQuery, pageOf } from '../../page-query.ts';
import { route } from '../../route.ts';
import { resumePoint, streamed } from '../streamed.ts';
import type { Route, RouteCall } from '../../route.ts';

const ByLogId = z.strictObject({ logId: z.uuid() });
const SearchQuery = CursorQuery.extend(AuditSearchFilter.shape);
const FollowQuery = z.strictObject({ after: z.coerce.number().int().min(0).max(1e12).optional() });

/** Endpoints of the trail; literal paths win over an id (ACC-10). */
export const auditRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/audit/log',
    operation: 'audit.append',
    operationId: 'logAuditEntry',
    summary: 'Puts an entry on the record and gives it back, signed; answers when it is durable',
    body: AuditLogRequest,
    bodyLimits: AUDIT_LOG_LIMITS,
    responses: { 201: AuditEntry },
    handle: async ({ backend, body, principal, request, reply }) => {
      const idempotencyKey = idempotencyKeyIn(request.headers);
      const entry = await needService(backend.services, 'audit').log(body, { principal, idempotencyKey });
      reply.code(201).header('location', `/api/v1/audit/${entry.log_id}`);
      return entry;
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/audit/search',
    operation: 'audit.search',
    operationId: 'searchAudit',
    summary:
      'Searches entries of the record by time, action, actor, decision, system and words, newest first',
    query: SearchQuery,
    responses: { 200: pageOf(AuditEntry) },
    handle: ({ backend, query, principal }) =>
      needService(backend.services, 'audit').search(query, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/audit/events',
    operation: 'audit.follow',
    operationId: 'followAudit',
    summary: 'Follows entries and alarms as they happen; resumes after `Last-Event-ID` or `after`',
    query: FollowQuery,
    responses: { 200: 'stream' },
    handle: follow,
  }),
  route({
    method: 'GET',
    url: '/api/v1/audit/:logId',
    operation: 'audit.read',
    operationId: 'readAuditEntry',
    summary: 'Gives one entry of the record, signed',
    params: ByLogId,
    responses: { 200: AuditEntry },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'audit').entry(params.logId, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/audit/:logId/proof',
    operation: 'audit.proof',
    operationId: 'proveAuditEntry',
    summary: 'Gives an entry with what `witan audit verify` needs to check it offline',
    params: ByLogId,
    responses: { 200: AuditProof },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'audit').proof(params.logId, principal),
  }),
];

async function follow(call: RouteCall<unknown, z.infer<typeof FollowQuery>, unknown>): Promise<undefined> {
  const { backend, query, principal, request } = call;
  const after = resumePoint(request.headers) ?? query.after;
  const audit = needService(backend.services, 'audit');
  return streamed(call, (stream) =>
    audit.follow(
      { principal, after },
      {
        onEntry: (event) =>
          stream.send({ name: 'entry', id: String(event.index), data: event, sequence: event.index }),
        onAlert: (alert) => stream.send({ name: 'alert', data: alert }),
      },
    ),
  );
}
