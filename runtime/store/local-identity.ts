/** Identity of a node that nobody configured one for: closed but to this machine. */
import { WitanError } from '../../contracts/errors.ts';
import type { Credentials, IdentityPort, Principal } from '../kernel/ports/identity.ts';

/** Whoever calls from this machine; owns the tenant `local`. */
export const LOCAL_PRINCIPAL: Principal = {
  id: 'local',
  tenant: 'local',
  scopes: ['decision:submit', 'decision:read', 'operator:read', 'operator:act', 'review:resolve'],
};

/** Serves the embedding host, the CLI in this process, and loopback; everyone else is `unauthenticated`. */
export const localIdentity: IdentityPort = {
  async authenticate(credentials: Credentials): Promise<Principal> {
    const { door, remoteAddress } = credentials;
    const offered = credentials.bearerToken ?? credentials.apiKey ?? credentials.certificateDigest;
    if (offered !== undefined) {
      // Serving a caller who offers a wrong token would hide that nothing checks it.
      throw new WitanError('unauthenticated', 'no identity is configured that could check the credential');
    }
    if (door === 'embedded' || door === 'cli') return LOCAL_PRINCIPAL;
    if (remoteAddress !== undefined && isLoopback(remoteAddress)) return LOCAL_PRINCIPAL;
    throw new WitanError('unauthenticated', 'without a configured identity only this machine is served');
  },
};

/** Whether a socket's peer address is this machine: 127.0.0.0/8, ::1, or the first mapped into IPv6. */
export function isLoopback(address: string): boolean {
  if (address === '::1') return true;
  const octets = address.replace(/^::ffff:/i, '').split('.');
  return (
    octets.length === 4 &&
    octets[0] === '127' &&
    octets.every((octet) => /^\d{1,3}$/.test(octet) && +octet < 256)
  );
}
