/** Endpoints of accountability: responsibility, lineage, investigations (ACC-11…13). */
import { z } from 'zod';
import { reportMarkdown } from '../../../../contracts/accountability/render-report.ts';
import { EvidencePackage } from '../../../../contracts/messages/accountability/evidence.ts';
import { ResponsibilityGraph } from '../../../../contracts/messages/accountability/graph.ts';
import {
  Investigation,
  INVESTIGATION_LIMITS,
  InvestigationCloseRequest,
  InvestigationId,
  InvestigationNoteRequest,
  InvestigationReport,
  InvestigationRequest,
} from '../../../../contracts/messages/accountability/investigation.ts';
import { Lineage } from '../../../../contracts/messages/accountability/lineage.ts';
import { DecisionId, Digest } from '../../../../contracts/messages/ids.ts';
import { needService } from '../../../door/services.ts';
import { CursorQuery, pageOf } from '../../page-query.ts';
import { route } from '../../route.ts';
import type { Route, RouteCall } from '../../route.ts';

const ById = z.strictObject({ id: InvestigationId });
const ReportQuery = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') });

/** Endpoints of accountability. */
export const accountabilityRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/responsibility/:decisionId',
    operation: 'responsibility.read',
    operationId: 'readResponsibility',
    summary: 'Gives who made, approved and oversaw a decision, by which rules, and whom it affects',
    params: z.strictObject({ decisionId: DecisionId }),
    responses: { 200: ResponsibilityGraph },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'accountability').responsibility(params.decisionId, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/lineage/:of',
    operation: 'lineage.read',
    operationId: 'readLineage',
    summary: 'Gives the data that a decision used, or the decisions that used a datum',
    params: z.strictObject({ of: z.union([DecisionId, Digest]) }),
    query: CursorQuery,
    responses: { 200: Lineage },
    handle: ({ backend, params, query, principal }) =>
      needService(backend.services, 'accountability').lineage(params.of, query, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/investigation/create',
    operation: 'investigation.create',
    operationId: 'createInvestigation',
    summary: 'Opens an investigation of decisions that are named or searched for',
    body: InvestigationRequest,
    bodyLimits: INVESTIGATION_LIMITS,
    responses: { 201: Investigation },
    handle: async ({ backend, body, principal, reply }) => {
      const made = await needService(backend.services, 'accountability').open(body, principal);
      reply.code(201).header('location', `/api/v1/investigation/${made.id}`);
      return made;
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/investigation',
    operation: 'investigation.read',
    operationId: 'listInvestigations',
    summary: 'Lists investigations of the tenant, newest first',
    query: CursorQuery,
    responses: { 200: pageOf(Investigation) },
    handle: ({ backend, query, principal }) =>
      needService(backend.services, 'accountability').list(query, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/investigation/:id',
    operation: 'investigation.read',
    operationId: 'readInvestigation',
    summary: 'Reads one investigation',
    params: ById,
    responses: { 200: Investigation },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'accountability').read(params.id, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/investigation/:id/report',
    operation: 'investigation.read',
    operationId: 'readInvestigationReport',
    summary: 'Gives timeline, parties and contributing factors, as JSON or Markdown',
    params: ById,
    query: ReportQuery,
    responses: { 200: InvestigationReport },
    handle: giveReport,
  }),
  route({
    method: 'POST',
    url: '/api/v1/investigation/:id/note',
    operation: 'investigation.change',
    operationId: 'noteInvestigation',
    summary: 'Adds a note to an open investigation',
    params: ById,
    body: InvestigationNoteRequest,
    bodyLimits: INVESTIGATION_LIMITS,
    responses: { 200: Investigation },
    handle: ({ backend, params, body, principal }) =>
      needService(backend.services, 'accountability').note(params.id, body.text, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/investigation/:id/close',
    operation: 'investigation.change',
    operationId: 'closeInvestigation',
    summary: 'Closes an investigation with a conclusion',
    params: ById,
    body: InvestigationCloseRequest,
    bodyLimits: INVESTIGATION_LIMITS,
    responses: { 200: Investigation },
    handle: ({ backend, params, body, principal }) =>
      needService(backend.services, 'accountability').close(params.id, body.conclusion, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/investigation/:id/export',
    operation: 'investigation.export',
    operationId: 'exportInvestigation',
    summary: 'Gives report, entries and proofs as a signed package for `witan audit verify`',
    params: ById,
    responses: { 200: EvidencePackage },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'accountability').export(params.id, principal),
  }),
];

async function giveReport(
  call: RouteCall<z.infer<typeof ById>, z.infer<typeof ReportQuery>, unknown>,
): Promise<InvestigationReport | undefined> {
  const { backend, params, query, principal, reply } = call;
  const report = await needService(backend.services, 'accountability').report(params.id, principal);
  if (query.format === 'json') return report;
  reply.give(reportMarkdown(report), 'text/markdown; charset=utf-8');
  return undefined;
}
