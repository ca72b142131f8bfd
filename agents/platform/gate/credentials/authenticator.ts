/** From what a door knows of a caller to an identity: at once where the credential is known. */
import { isLoopback } from '../../../../config/network.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { Credentials, Principal } from '../../../../runtime/kernel/ports/identity.ts';
import { keyIdOf, secretDigest } from './api-key.ts';
import { identityOf } from './identity.ts';
import type { Identity } from './identity.ts';
import type { IdentitySnapshot } from './identity-snapshot.ts';

/**
 * A kind of secret besides API keys (tokens of an issuer, sessions of a browser): known ones are found by
 * their digest, others are verified once.
 */
export interface CredentialKind {
  /** Identity of a secret that was verified before; undefined: not known, or no longer. */
  known(digest: string): Identity | undefined;
  /** @throws unauthenticated, unavailable (what would know it does not answer) */
  verify(secret: string, digest: string): Promise<Identity>;
  /** How a secret stands by which a call was let in that is still open; not a use of it. @throws as `verify` */
  look(secret: string, digest: string): Standing | Promise<Standing>;
  /** Calls `listener` whenever secrets may have ended, or may do less; it replaces the one before. */
  onChange(listener: () => void): void;
}

/** What a credential stands for now. */
export interface Standing {
  readonly identity: Identity;
  /** Wall time from which that may be different although nobody tells of a change. */
  readonly lookAtWallMs: number;
}

/** What the authenticator works with. */
export interface AuthenticatorOptions {
  readonly localTenant: string;
  readonly trustLoopback: boolean;
  readonly maxBytes: number;
  readonly scopes: readonly string[];
  /** Keys and certificates in force at the time of the call. */
  snapshot(): IdentitySnapshot;
  readonly tokens?: CredentialKind | undefined;
  readonly sessions?: CredentialKind | undefined;
}

interface OtherSecret {
  readonly kind: CredentialKind;
  readonly secret: string;
}

/** Nobody in particular; served where an operation needs no scope. */
export const ANONYMOUS: Identity = identityOf('anonymous', {
  id: 'anonymous',
  tenant: 'anonymous',
  scopes: [],
});

/** Three parts of base64url: the compact form of a signed token (RFC 7515 §7.1). */
const TOKEN_FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** See {@link AuthenticatorOptions}. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #local: Identity;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    const principal: Principal = { id: 'local', tenant: options.localTenant, scopes: options.scopes };
    this.#local = identityOf('local', principal);
  }

  /**
   * Who calls, without looking at time. A credential that is given must be right, also from this machine.
   * @throws unauthenticated, unavailable; a promise may reject with the same
   */
  authenticate(credentials: Credentials): Identity | Promise<Identity> {
    const other = this.#otherOf(credentials);
    if (!other) return this.#known(credentials);
    const { kind, secret } = other;
    const digest = secretDigest(secret);
    return kind.known(digest) ?? kind.verify(secret, digest);
  }

  /** How the caller of a call that is still open stands now; not a use of its credential. @throws likewise */
  look(credentials: Credentials): Standing | Promise<Standing> {
    const other = this.#otherOf(credentials);
    if (other) return other.kind.look(other.secret, secretDigest(other.secret));
    const identity = this.#known(credentials);
    return { identity, lookAtWallMs: identity.expiresAtWallMs };
  }

  /** The credential's own kind and its text; undefined: a key, a certificate or nothing. @throws unauthenticated */
  #otherOf({ apiKey, bearerToken, sessionToken }: Credentials): OtherSecret | undefined {
    const secret = apiKey ?? bearerToken ?? sessionToken;
    if (secret === undefined) return undefined;
    if (countOf(apiKey) + countOf(bearerToken) + countOf(sessionToken) > 1) {
      throw unknownCaller('more than one credential was given', 'one of API key, token and session');
    }
    if (secret.length > this.#options.maxBytes) {
      throw unknownCaller('the credential is too long', `at most ${this.#options.maxBytes} bytes`);
    }
    const isToken = apiKey === undefined && sessionToken === undefined && TOKEN_FORM.test(secret);
    if (sessionToken === undefined && !isToken) return undefined;
    const kind = isToken ? this.#options.tokens : this.#options.sessions;
    if (!kind) throw unknownCaller('the credential is not known', 'a kind of credential that is configured');
    return { kind, secret };
  }

  #known(credentials: Credentials): Identity {
    const { apiKey, bearerToken, certificateDigest } = credentials;
    const secret = apiKey ?? bearerToken;
    if (secret !== undefined) return this.#key(secret);
    if (certificateDigest !== undefined) return this.#certificate(certificateDigest);
    return this.#withoutCredential(credentials);
  }

  #key(secret: string): Identity {
    const snapshot = this.#options.snapshot();
    const known = snapshot.keys.get(secretDigest(secret));
    if (known) return known;
    if (!snapshot.isComplete && keyIdOf(secret) !== undefined) {
      throw new WitanError('unavailable', 'the keys of this node cannot be read now');
    }
    throw unknownCaller('the credential is not known', 'an API key or a token that this node knows');
  }

  #certificate(digest: string): Identity {
    const known = this.#options.snapshot().certificates.get(digest.replaceAll(':', '').toLowerCase());
    if (known) return known;
    throw unknownCaller('the client certificate stands for nobody', 'a certificate of identity.certificates');
  }

  #withoutCredential({ door, remoteAddress }: Credentials): Identity {
    if (door === 'embedded') return this.#local;
    const isOwn = door === 'cli' || isLoopback(remoteAddress);
    if (isOwn && this.#options.trustLoopback) return this.#local;
    return ANONYMOUS;
  }
}

/** The refusal of a caller that is not known; it never says which part of a credential was right. */
export function unknownCaller(message: string, expected: string): WitanError {
  return new WitanError('unauthenticated', message, { expected });
}

function countOf(value: string | undefined): number {
  return value === undefined ? 0 : 1;
}
