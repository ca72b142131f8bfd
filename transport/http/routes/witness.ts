/**
 * This node as a witness of other logs.
 *
 * @source C2SP tlog-witness (add-checkpoint, monitor retrieval)
 */
import { z } from 'zod';
import { needService } from '../../door/services.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

/** Submission and monitoring prefix. */
export const WITNESS_PREFIX = '/api/v1/witness';

const TEXT = 'text/plain; charset=utf-8';
const OriginParams = z.strictObject({ originHash: z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits') });

/** Endpoints of the witness. */
export const witnessRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: `${WITNESS_PREFIX}/add-checkpoint`,
    operation: 'witness.add-checkpoint',
    operationId: 'addCheckpoint',
    summary: 'Vouches for a checkpoint of a log that this node watches, in the form of tlog-witness',
    body: z.string(),
    bodyType: TEXT,
    responses: { 200: 'text', 400: 'text', 403: 'text', 404: 'text', 409: 'text', 422: 'text' },
    async handle({ backend, body, reply }) {
      const { status, mediaType, text } = await needService(backend.services, 'witness').addCheckpoint(body);
      reply.code(status).give(text, mediaType);
      return undefined;
    },
  }),
  route({
    method: 'GET',
    url: `${WITNESS_PREFIX}/:originHash/checkpoint`,
    operation: 'witness.checkpoint',
    operationId: 'readWitnessedCheckpoint',
    summary: 'Gives the newest checkpoint of a log that this node vouched for',
    params: OriginParams,
    responses: { 200: 'text' },
    async handle({ backend, params, reply }) {
      const note = await needService(backend.services, 'witness').checkpoint(params.originHash);
      reply.header('cache-control', 'no-cache').give(note, TEXT);
      return undefined;
    },
  }),
];
