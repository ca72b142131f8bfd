/** Endpoints of human review. */
import { z } from 'zod';
import { DecisionId } from '../../../contracts/messages/ids.ts';
import { ResolutionPayload } from '../../../contracts/messages/session.ts';
import { HeldReason } from '../../../contracts/messages/verdict.ts';
import { CursorQuery, pageOf } from '../page-query.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

const ReviewItemView = z.strictObject({
  decisionId: DecisionId,
  type: z.string(),
  heldReason: HeldReason.nullable(),
  decidedAt: z.string(),
  finalIndex: z.int(),
});

const ResolutionBody = ResolutionPayload.pick({ action: true, reason: true });

/** Endpoints of human review. */
export const reviewRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/review',
    operation: 'review.queue',
    operationId: 'listReview',
    summary: 'Lists held decisions that wait for a person, newest first',
    query: CursorQuery,
    responses: { 200: pageOf(ReviewItemView) },
    handle: ({ backend, query, principal }) => backend.reviewQueue(query, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/decisions/:decisionId/resolution',
    operation: 'review.resolve',
    operationId: 'resolveDecision',
    summary: "Records a person's word on a held decision; the verdict stays as it is",
    params: z.strictObject({ decisionId: DecisionId }),
    body: ResolutionBody,
    responses: { 201: ResolutionPayload },
    handle: async ({ backend, params, body, principal, reply }) => {
      const resolution = await backend.resolve(params.decisionId, body, principal);
      reply.code(201);
      return resolution;
    },
  }),
];
