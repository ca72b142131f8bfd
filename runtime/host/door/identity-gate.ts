/** Gate of a node that has an identity port and nothing else: who calls and whether they may, no limits. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { OPERATIONS } from '../../../contracts/operations.ts';
import type { GateCall, GatePass, GatePort } from '../../kernel/ports/gate.ts';
import type { IdentityPort, Principal } from '../../kernel/ports/identity.ts';

const STRANGER: Principal = { id: 'anonymous', tenant: 'default', scopes: [] };

/** Admits whom `identity` knows and who has the scope; what needs no scope is served to everyone. */
export function identityGate(identity: IdentityPort): GatePort {
  return {
    async admit({ operation, credentials }: GateCall): Promise<GatePass> {
      const { scope } = OPERATIONS[operation];
      const principal = await identity.authenticate(credentials).catch((error: unknown) => {
        if (scope === null && toWitanError(error).code === 'unauthenticated') return STRANGER;
        throw error;
      });
      if (scope !== null && !principal.scopes.includes(scope)) {
        throw new WitanError('permission_denied', `${principal.id} may not do this`, {
          path: 'scope',
          expected: scope,
        });
      }
      return { principal, rate: null, release: () => undefined };
    },
  };
}
