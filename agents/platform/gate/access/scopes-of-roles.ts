/** Roles to scopes: the same table for keys, certificates, tokens and sessions. */
import { SCOPES } from '../../../../contracts/operations.ts';
import type { Scope } from '../../../../contracts/operations.ts';

/** What a caller holds: roles by name and scopes by themselves. */
export interface Grant {
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** Scopes of a grant, in the order of the table; what no table knows allows nothing. */
export function scopesOf(
  roles: Readonly<Record<string, readonly Scope[] | undefined>>,
  grant: Grant,
): readonly Scope[] {
  const held = new Set<string>(grant.scopes);
  for (const role of grant.roles) {
    const scopes = Object.hasOwn(roles, role) ? roles[role] : undefined;
    for (const scope of scopes ?? []) held.add(scope);
  }
  return SCOPES.filter((scope) => held.has(scope));
}
