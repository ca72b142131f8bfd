/** From the claims of a verified token to a principal: pure, by the issuer's settings. */
import { TenantName } from '../../../../config/sections/identity.ts';
import type { TokenIssuer } from '../../../../config/sections/identity.ts';
import type { Scope } from '../../../../contracts/operations.ts';
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';
import { scopesOf } from '../access/scopes-of-roles.ts';
import { unknownCaller } from './authenticator.ts';

/** Claims of a token, whatever they hold. */
export type Claims = Readonly<Record<string, unknown>>;

/** Tenants of the node itself: nobody from outside belongs to them. */
const RESERVED: readonly string[] = ['system', 'anonymous'];

/** What the claims of an issuer mean here: the part of its settings that this needs. */
export type ClaimMeanings = Pick<TokenIssuer, 'name' | 'tenant' | 'tenantClaim' | 'rolesClaim' | 'roles'>;

/** Whom claims stand for, before roles become scopes. */
export interface ClaimedHolder {
  /** `user:<issuer>/<subject>`. */
  readonly id: string;
  readonly tenant: string;
  /** Roles here; a role that the issuer's settings do not name is none. */
  readonly roles: readonly string[];
}

/**
 * Whom a verified token stands for. A scope or role that the issuer's settings do not name allows nothing.
 * @throws unauthenticated without a subject or a tenant
 */
export function principalOf(
  claims: Claims,
  issuer: TokenIssuer,
  roles: Readonly<Record<string, readonly Scope[]>>,
): Principal {
  const { id, tenant, roles: held } = holderOf(claims, issuer);
  const scopes = wordsOf(claimAt(claims, issuer.scopesClaim)).flatMap(
    (word) => named(issuer.scopes, word) ?? [],
  );
  return { id, tenant, scopes: scopesOf(roles, { roles: held, scopes }) };
}

/** Whom claims stand for. @throws unauthenticated without a subject or a tenant */
export function holderOf(claims: Claims, issuer: ClaimMeanings): ClaimedHolder {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > 200) {
    throw unknownCaller('the token names nobody', 'a token with a claim sub');
  }
  const tenant = issuer.tenant ?? claimAt(claims, issuer.tenantClaim);
  if (!TenantName.safeParse(tenant).success || RESERVED.includes(tenant as string)) {
    throw unknownCaller('the token names no tenant', `a token with a claim ${issuer.tenantClaim}`);
  }
  const roles = wordsOf(claimAt(claims, issuer.rolesClaim)).flatMap(
    (word) => named(issuer.roles, word) ?? [],
  );
  return { id: `user:${issuer.name}/${sub}`, tenant: tenant as string, roles };
}

/** Claim by its whole name, else by a path of names with dots between them (`realm_access.roles`). */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Claims)[part];
  }
  return value;
}

/** A list of words, or one text with spaces between them (RFC 8693 §4.2). */
export function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];
}

function named<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
