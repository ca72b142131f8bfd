/** From what a provider says of a user to what they are here: pure, by the provider's settings. */
import type { OidcProvider } from '../../../../../config/sections/sign-in.ts';
import { WitanError } from '../../../../../contracts/errors.ts';
import type { Scope } from '../../../../../contracts/operations.ts';
import { scopesOf } from '../../access/scopes-of-roles.ts';
import { claimAt, holderOf, wordsOf } from '../../credentials/token-claims.ts';
import type { Claims } from '../../credentials/token-claims.ts';
import type { ProviderWord } from './provider-client.ts';

/** A person as a session knows them. */
export interface SignedInUser {
  readonly id: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** What the page calls them; personal data. */
  readonly name: string;
  /** Whether the provider itself asked for a second factor that counts here. */
  readonly hasShownFactor: boolean;
}

const NAME_MAX_LENGTH = 100;

/**
 * Whom the word of a provider stands for here.
 * @throws unauthenticated (no tenant), permission_denied (another domain or group, no role here)
 */
export function userOf(
  { subject, claims: said }: ProviderWord,
  provider: OidcProvider,
  roles: Readonly<Record<string, readonly Scope[]>>,
): SignedInUser {
  const claims: Claims = { ...said, sub: subject };
  const holder = holderOf(claims, provider);
  checkDomain(claims, provider.allowedEmailDomains);
  checkGroup(wordsOf(claimAt(claims, provider.groupsClaim)), provider.allowedGroups);
  const held = [...new Set([...holder.roles, ...provider.defaultRoles])];
  const scopes = scopesOf(roles, { roles: held, scopes: [] });
  if (scopes.length === 0) throw denied('the account has no role here', 'a role of signIn.providers');
  const name = claimAt(claims, provider.nameClaim);
  return {
    id: holder.id,
    tenant: holder.tenant,
    roles: held,
    scopes,
    name: (typeof name === 'string' && name !== '' ? name : subject).slice(0, NAME_MAX_LENGTH),
    hasShownFactor: wordsOf(claims['amr']).some((method) => provider.trustedAmr.includes(method)),
  };
}

/** An address that nobody verified may be anybody's. */
function checkDomain(claims: Claims, allowed: readonly string[]): void {
  if (allowed.length === 0) return;
  const { email, email_verified: isVerified } = claims;
  const domain = typeof email === 'string' ? email.slice(email.lastIndexOf('@') + 1).toLowerCase() : '';
  if (isVerified === true && allowed.includes(domain)) return;
  throw denied('the account is of no domain that is let in', 'a verified address of an allowed domain');
}

function checkGroup(groups: readonly string[], allowed: readonly string[]): void {
  if (allowed.length === 0 || groups.some((group) => allowed.includes(group))) return;
  throw denied('the account is in no group that is let in', 'a member of an allowed group');
}

function denied(message: string, expected: string): WitanError {
  return new WitanError('permission_denied', message, { expected });
}
