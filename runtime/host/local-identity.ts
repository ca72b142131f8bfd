/**
 * Identity of a node without an identity provider: its own machine, its embedding host, and configured keys.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Settings } from '../../config/schema.ts';
import { WitanError } from '../../contracts/errors.ts';
import { toHex, utf8 } from '../../contracts/ledger/bytes.ts';
import { isLoopback } from '../../transport/http/index.ts';
import { sha256 } from '../kernel/crypto/digest.ts';
import type { Credentials, IdentityPort, Principal } from '../kernel/ports/identity.ts';

/** Everything that a caller can be allowed. */
export const ALL_SCOPES = [
  'decision:submit',
  'decision:read',
  'operator:read',
  'operator:act',
  'review:resolve',
] as const;

/**
 * Serves the embedding host and loopback as one local operator, and others by API key. A key that is given
 * must be right, also from loopback. @throws unauthenticated
 */
export function localIdentity({ localTenant, apiKeys }: Settings['identity']): IdentityPort {
  const local: Principal = { id: 'local', tenant: localTenant, scopes: ALL_SCOPES };
  return {
    async authenticate(credentials: Credentials): Promise<Principal> {
      const secret = credentials.apiKey ?? credentials.bearerToken;
      if (secret !== undefined) return byKey(apiKeys, secret);
      if (credentials.door === 'embedded' || isLoopback(credentials.remoteAddress)) return local;
      throw new WitanError('unauthenticated', 'the caller is not known', {
        expected: 'an API key, or a loopback address',
      });
    },
  };
}

function byKey(apiKeys: Settings['identity']['apiKeys'], secret: string): Principal {
  const digest = utf8(`sha256:${toHex(sha256(utf8(secret)))}`);
  const known = apiKeys.find((key) => timingSafeEqual(utf8(key.digest), digest));
  if (!known)
    throw new WitanError('unauthenticated', 'the API key is not known', { expected: 'a configured API key' });
  return { id: `key:${known.id}`, tenant: known.tenant, scopes: known.scopes };
}
