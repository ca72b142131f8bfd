/** Requests about API keys. The first administrator's key is not to be had here: no caller is this machine. */
import {
  ApiKeyRequest,
  ApiKeyRevocation,
  ApiKeyRotation,
  ApiKeyView,
  KeyId,
  MadeApiKey,
} from '../../../../contracts/messages/identity/keys.ts';
import { Nothing } from './decision-endpoints.ts';
import { unary } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { listOf } from './page-form.ts';

/** Endpoints of API keys. */
export const keyEndpoints: readonly Endpoint[] = [
  unary({
    operation: 'key.list',
    request: Nothing,
    response: listOf(ApiKeyView),
    handle: async ({ backend, principal }) => ({ items: await backend.keys.list(principal) }),
  }),
  unary({
    operation: 'key.create',
    request: ApiKeyRequest,
    response: MadeApiKey,
    handle: ({ backend, input, principal }) => backend.keys.create(input, principal),
  }),
  unary({
    operation: 'key.rotate',
    request: ApiKeyRotation.extend({ id: KeyId }),
    response: MadeApiKey,
    handle: ({ backend, input, principal }) => backend.keys.rotate(input.id, input.graceMs, principal),
  }),
  unary({
    operation: 'key.revoke',
    request: ApiKeyRevocation.extend({ id: KeyId }),
    response: ApiKeyView,
    handle: ({ backend, input, principal }) => backend.keys.revoke(input.id, input.reason, principal),
  }),
];
