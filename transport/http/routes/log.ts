/**
 * The log for everyone: checkpoint and tiles as public tools read them, proofs, and a check of the chain.
 *
 * @source C2SP tlog-tiles (paths, media types, caching)
 */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { parseTilePath } from '../../../contracts/ledger/tlog/tile-path.ts';
import { ChainReport, LogReport, TlogProofView } from '../../../contracts/messages/audit/log-report.ts';
import { needService } from '../../door/services.ts';
import { route } from '../route.ts';
import type { Route, RouteCall } from '../route.ts';
import { EntryParams, placeOf } from './record/place-of.ts';

/** Where the log is: the prefix of tlog-tiles. */
export const LOG_PREFIX = '/api/v1/log';

const TEXT = 'text/plain; charset=utf-8';
// What is behind a path never changes, and a proxy may keep only what everybody may read.
const FOREVER = 'max-age=31536000, immutable';

const TileParams = z.strictObject({ '*': z.string().max(200) });

/** Endpoints of the log. */
export const logRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: `${LOG_PREFIX}/checkpoint`,
    operation: 'log.checkpoint',
    operationId: 'readCheckpoint',
    summary: 'Gives the newest published checkpoint of the log, with the cosignatures of its witnesses',
    responses: { 200: 'text' },
    async handle({ backend, principal, reply }) {
      const note = await needService(backend.services, 'log').checkpoint(principal);
      reply.header('cache-control', 'no-cache').give(note, TEXT);
      return undefined;
    },
  }),
  route({
    method: 'GET',
    url: `${LOG_PREFIX}/tile/*`,
    operation: 'log.tile',
    operationId: 'readTile',
    summary: 'Gives a hash tile or a bundle of entries in the form of tlog-tiles',
    params: TileParams,
    responses: { 200: 'bytes' },
    handle: giveTile,
  }),
  route({
    method: 'GET',
    url: `${LOG_PREFIX}/proof/:of`,
    operation: 'log.proof',
    operationId: 'readTlogProof',
    summary: 'Gives a proof in the form of tlog-proof, for an entry or the verdict of a decision',
    params: EntryParams,
    responses: { 200: TlogProofView },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'log').proof(placeOf(params), principal),
  }),
  route({
    method: 'GET',
    url: `${LOG_PREFIX}/witnesses`,
    operation: 'log.report',
    operationId: 'readWitnesses',
    summary: 'Says how the log stands with its witnesses',
    responses: { 200: LogReport },
    handle: ({ backend, principal }) => needService(backend.services, 'log').report(principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/audit/verify-chain',
    operation: 'audit.verify-chain',
    operationId: 'verifyChain',
    summary: 'Checks every record of the log again and names the first link that does not hold',
    responses: { 200: ChainReport },
    handle: ({ backend, principal }) => needService(backend.services, 'log').verifyChain(principal),
  }),
];

async function giveTile({
  backend,
  params,
  principal,
  reply,
}: RouteCall<z.infer<typeof TileParams>, unknown, unknown>): Promise<undefined> {
  const path = params['*'];
  if (parseTilePath(path) === undefined) {
    throw new WitanError('not_found', 'there is no such tile', {
      path: 'path',
      expected: 'L/xNNN/NNN[.p/W]',
    });
  }
  const bytes = await needService(backend.services, 'log').tile(path, principal);
  const isShared = principal.id === 'anonymous';
  reply.header('cache-control', `${isShared ? 'public' : 'private'}, ${FOREVER}`);
  reply.give(Buffer.from(bytes), 'application/octet-stream');
  return undefined;
}
