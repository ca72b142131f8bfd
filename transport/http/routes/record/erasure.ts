/** Endpoints of access, erasure and legal hold (PRV-05, PRV-06, PRV-14). */
import { z } from 'zod';
import {
  ErasureRequest,
  ErasureView,
  HoldList,
  HoldRelease,
  HoldRequest,
  HoldView,
} from '../../../../contracts/messages/privacy/erasure.ts';
import {
  SubjectExport,
  SubjectExportRequest,
} from '../../../../contracts/messages/privacy/subject-export.ts';
import { needService } from '../../../door/services.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';

const ErasureParams = z.strictObject({ erasureId: ErasureView.shape.erasureId });
const HoldParams = z.strictObject({ holdId: HoldView.shape.holdId });

/** Endpoints of access, erasure and legal hold. */
export const erasureRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/erasure/request',
    operation: 'erasure.request',
    operationId: 'requestErasure',
    summary: 'Erases what the record holds of a person or a decision; answers when the request is stored',
    body: ErasureRequest,
    responses: { 202: ErasureView },
    async handle({ backend, body, principal, reply }) {
      const erasure = await needService(backend.services, 'erasure').request(body, principal);
      reply.code(202);
      return erasure;
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/erasure/:erasureId',
    operation: 'erasure.read',
    operationId: 'readErasure',
    summary: 'Reads how far an erasure is; with the signed certificate once its keys are destroyed',
    params: ErasureParams,
    responses: { 200: ErasureView },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'erasure').read(params.erasureId, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/privacy/export',
    operation: 'privacy.export',
    operationId: 'exportSubject',
    summary: 'Gives what the record holds on a person, page by page, with where each entry is proved',
    body: SubjectExportRequest,
    responses: { 200: SubjectExport },
    handle: ({ backend, body, principal }) =>
      needService(backend.services, 'erasure').exportSubject(body, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/hold',
    operation: 'hold.place',
    operationId: 'placeHold',
    summary: 'Keeps the data of a person or a decision from erasure, until it is released',
    body: HoldRequest,
    responses: { 201: HoldView },
    async handle({ backend, body, principal, reply }) {
      const hold = await needService(backend.services, 'erasure').hold(body, principal);
      reply.code(201);
      return hold;
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/hold',
    operation: 'hold.list',
    operationId: 'listHolds',
    summary: 'Lists legal holds, newest first, with those that were released',
    responses: { 200: HoldList },
    handle: ({ backend, principal }) => needService(backend.services, 'erasure').holds(principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/hold/:holdId/release',
    operation: 'hold.release',
    operationId: 'releaseHold',
    summary: 'Ends a legal hold; erasure has to be asked for again',
    params: HoldParams,
    body: HoldRelease,
    responses: { 200: HoldView },
    handle: ({ backend, params, body, principal }) =>
      needService(backend.services, 'erasure').release(params.holdId, body.reason, principal),
  }),
];
