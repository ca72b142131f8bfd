/** Endpoints of the content registry (PRF-15…18). */
import { z } from 'zod';
import {
  ContentCertificateView,
  ContentCertifyRequest,
  ContentRevokeRequest,
} from '../../../../contracts/messages/content/certificate.ts';
import { ContentHash } from '../../../../contracts/messages/content/content-fields.ts';
import { ContentProvenance } from '../../../../contracts/messages/content/provenance.ts';
import {
  ContentReceipt,
  ContentRegisterRequest,
  ContentSource,
} from '../../../../contracts/messages/content/registration.ts';
import { ContentVerification } from '../../../../contracts/messages/content/verification.ts';
import { WatermarkAnswer, WatermarkRequest } from '../../../../contracts/messages/content/watermark.ts';
import { needService } from '../../../door/services.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';

const ByHash = z.strictObject({ hash: ContentHash });
const ByCertificate = z.strictObject({ hash: ContentHash, id: z.string().regex(/^c[0-9a-f]{32}$/) });
const CAR = 'application/vnd.ipld.car';

/** Endpoints of content. */
export const contentRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/content/register',
    operation: 'content.register',
    operationId: 'registerContent',
    summary: 'Registers content: in the log at once, on the chain of the node as soon as it takes it',
    body: ContentRegisterRequest,
    responses: { 201: ContentReceipt },
    handle: async ({ backend, body, principal, reply }) => {
      const receipt = await needService(backend.services, 'content').register(body, principal);
      reply.code(201);
      return receipt;
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/content/verify',
    operation: 'content.verify',
    operationId: 'verifyContent',
    summary: 'Says what log, chain, certificates and watermarks know of content',
    body: ContentSource,
    responses: { 200: ContentVerification },
    handle: ({ backend, body, principal }) =>
      needService(backend.services, 'content').verify(body, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/content/watermark',
    operation: 'content.watermark',
    operationId: 'watermarkContent',
    summary: 'Adds an invisible watermark to a text or an image',
    body: WatermarkRequest,
    responses: { 200: WatermarkAnswer },
    handle: ({ backend, body, principal }) =>
      needService(backend.services, 'content').watermark(body, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/content/:hash/provenance',
    operation: 'content.provenance',
    operationId: 'readContentProvenance',
    summary: 'Gives where content comes from and what was made from it',
    params: ByHash,
    responses: { 200: ContentProvenance },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'content').provenance(params.hash, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/content/:hash/car',
    operation: 'content.archive',
    operationId: 'exportContent',
    summary: 'Gives kept content as a CAR v1 file (application/vnd.ipld.car) under its IPFS content id',
    params: ByHash,
    responses: { 200: 'text' },
    handle: async ({ backend, params, principal, reply }) => {
      const { cid, car } = await needService(backend.services, 'content').archive(params.hash, principal);
      reply.header('x-content-cid', cid).give(Buffer.from(car), CAR);
      return undefined;
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/content/:hash/certificates',
    operation: 'content.certificates',
    operationId: 'listContentCertificates',
    summary: 'Lists every certificate that content ever had, oldest first',
    params: ByHash,
    responses: { 200: z.strictObject({ items: z.array(ContentCertificateView) }) },
    handle: async ({ backend, params, principal }) => ({
      items: await needService(backend.services, 'content').certificates(params.hash, principal),
    }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/content/:hash/certificates',
    operation: 'content.certify',
    operationId: 'certifyContent',
    summary: 'Issues a certificate over registered content',
    params: ByHash,
    body: ContentCertifyRequest,
    responses: { 201: ContentCertificateView },
    handle: async ({ backend, params, body, principal, reply }) => {
      const view = await needService(backend.services, 'content').certify(params.hash, body, principal);
      reply.code(201);
      return view;
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/content/:hash/certificates/:id/revoke',
    operation: 'content.revoke',
    operationId: 'revokeContentCertificate',
    summary: 'Revokes a certificate; it stays in the history',
    params: ByCertificate,
    body: ContentRevokeRequest,
    responses: { 200: ContentCertificateView },
    handle: ({ backend, params, body, principal }) => {
      const name = { contentHash: params.hash, certificateId: params.id };
      return needService(backend.services, 'content').revoke(name, body, principal);
    },
  }),
];
