/** Endpoints of API keys: list, make, rotate, end, and the first administrator's. */
import { z } from 'zod';
import {
  ApiKeyRequest,
  ApiKeyRevocation,
  ApiKeyRotation,
  ApiKeyView,
  Bootstrap,
  KeyId,
  MadeApiKey,
} from '../../../contracts/messages/identity/keys.ts';
import { route } from '../route.ts';
import type { Route, RouteReply } from '../route.ts';

const ByKey = z.strictObject({ id: KeyId });

/** Endpoints of API keys. An answer with a key's text is never kept by anything between. */
export const keyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/keys',
    operation: 'key.list',
    operationId: 'listKeys',
    summary: 'Lists API keys of the tenant, oldest first, without their secrets',
    responses: { 200: z.strictObject({ items: z.array(ApiKeyView) }) },
    handle: async ({ backend, principal }) => ({ items: await backend.keys.list(principal) }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/keys',
    operation: 'key.create',
    operationId: 'createKey',
    summary: 'Makes an API key; its text is in this answer and nowhere else',
    body: ApiKeyRequest,
    responses: { 201: MadeApiKey },
    handle: ({ backend, body, principal, reply }) => made(reply, backend.keys.create(body, principal)),
  }),
  route({
    method: 'POST',
    url: '/api/v1/keys/:id/rotate',
    operation: 'key.rotate',
    operationId: 'rotateKey',
    summary: 'Makes the successor of an API key; both work until the grace time is over',
    params: ByKey,
    body: ApiKeyRotation,
    responses: { 201: MadeApiKey },
    handle: ({ backend, params, body, principal, reply }) =>
      made(reply, backend.keys.rotate(params.id, body.graceMs, principal)),
  }),
  route({
    method: 'POST',
    url: '/api/v1/keys/:id/revoke',
    operation: 'key.revoke',
    operationId: 'revokeKey',
    summary: 'Ends an API key at once',
    params: ByKey,
    body: ApiKeyRevocation,
    responses: { 200: ApiKeyView },
    handle: ({ backend, params, body, principal }) => backend.keys.revoke(params.id, body.reason, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/bootstrap',
    operation: 'key.bootstrap',
    operationId: 'bootstrap',
    summary: 'Makes the first administrator’s key, for this machine or whoever has the one-time token',
    body: Bootstrap,
    responses: { 201: MadeApiKey },
    handle: ({ backend, body, principal, reply }) =>
      made(reply, backend.keys.bootstrap(body.token, principal)),
  }),
];

async function made(reply: RouteReply, making: Promise<MadeApiKey>): Promise<MadeApiKey> {
  const key = await making;
  reply.code(201).header('cache-control', 'no-store');
  return key;
}
