/** A caller as the gate knows it: the principal that the rest sees, and what only the gate needs. */
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';

/** What a caller was known by. A browser's session is a kind of its own, see {@link CredentialKind}. */
export type IdentityKind =
  | 'local'
  | 'api-key'
  | 'token'
  | 'certificate'
  | 'session'
  | 'anonymous'
  /** Known by an identity port of the embedding program. */
  | 'foreign';

/** An authenticated caller, frozen; one object per credential, shared by all its calls. */
export interface Identity {
  readonly kind: IdentityKind;
  readonly principal: Principal;
  readonly scopes: ReadonlySet<string>;
  /** Wall time from which it is refused; Infinity: never by itself. */
  readonly expiresAtWallMs: number;
  /** What its requests are counted by. */
  readonly limitKey: string;
  /** Stored key behind it, for the day of its last use. */
  readonly keyId?: string | undefined;
}

/** Makes an identity; scopes are frozen. */
export function identityOf(
  kind: IdentityKind,
  principal: Principal,
  rest: { readonly expiresAtWallMs?: number; readonly keyId?: string | undefined } = {},
): Identity {
  const scopes = Object.freeze([...principal.scopes]);
  return Object.freeze({
    kind,
    principal: Object.freeze({ ...principal, scopes }),
    scopes: new Set(scopes),
    limitKey: `rate_limit:${principal.id}:*`,
    expiresAtWallMs: rest.expiresAtWallMs ?? Number.POSITIVE_INFINITY,
    keyId: rest.keyId,
  });
}
