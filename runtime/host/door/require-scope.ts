/** The last check of a caller's scope, behind the gate and in front of the node's parts. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Scope } from '../../../contracts/operations.ts';
import type { Principal } from '../../kernel/ports/identity.ts';

/** Refuses callers without the scope. @throws permission_denied */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes(scope)) return;
  throw new WitanError('permission_denied', `${principal.id} may not do this`, {
    path: 'scope',
    expected: scope,
  });
}
