/** Signed tokens of configured issuers (IAM-01, IAM-02): verified once, remembered until they end. */
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import type { Settings } from '../../../../config/schema.ts';
import type { TokenIssuer } from '../../../../config/sections/identity.ts';
import { toWitanError } from '../../../../contracts/errors.ts';
import type { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { HttpOutPort } from '../../../../runtime/kernel/ports/http-out.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import { unknownCaller } from './authenticator.ts';
import type { CredentialKind, Standing } from './authenticator.ts';
import { identityOf } from './identity.ts';
import type { Identity } from './identity.ts';
import { IssuerKeys, TOKEN_ALGORITHMS } from './issuer-keys.ts';
import type { KeyName, TokenAlgorithm } from './issuer-keys.ts';
import { principalOf } from './token-claims.ts';

/** What tokens are verified with. */
export interface TokenVerifierOptions {
  readonly settings: Settings['identity'];
  readonly clock: Clock;
  readonly http: HttpOutPort;
  readonly telemetry?: TelemetryPort | undefined;
}

interface Issuer {
  readonly settings: TokenIssuer;
  readonly keys: IssuerKeys;
}

interface Remembered {
  readonly identity: Identity;
  readonly issuer: Issuer;
  readonly key: KeyName;
  /** Version of the issuer's keys that its own was last found in. */
  version: number;
}

/** See {@link TokenVerifierOptions}. A token is refused from its `exp` on, or once its key is withdrawn. */
export class TokenVerifier implements CredentialKind {
  readonly #options: TokenVerifierOptions;
  readonly #issuers: ReadonlyMap<string, Issuer>;
  /** By digest, oldest first. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #verifying = new Map<string, Promise<Identity>>();
  #onChange: () => void = () => undefined;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    const { settings, clock, http, telemetry } = options;
    const { keySetMaxAgeMs: maxAgeMs, keySetCooldownMs: cooldownMs } = settings;
    this.#issuers = new Map(
      settings.issuers.map((issuer) => {
        const onChange = (): void => this.#onChange();
        const keys = new IssuerKeys({ issuer, clock, http, maxAgeMs, cooldownMs, telemetry, onChange });
        return [issuer.issuer, { settings: issuer, keys }];
      }),
    );
  }

  /** Tokens that are remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  known(digest: string): Identity | undefined {
    const remembered = this.#remembered.get(digest);
    if (!remembered) return undefined;
    const { identity, issuer, key } = remembered;
    const { version } = issuer.keys;
    if (version !== remembered.version && issuer.keys.has(key)) remembered.version = version;
    const isOver = identity.expiresAtWallMs <= this.#options.clock.wallMs();
    if (!isOver && version === remembered.version) return identity;
    this.#remembered.delete(digest);
    return undefined;
  }

  /** Keys of its issuer that are old are read again first: a stream must not outlive a withdrawn one. */
  look(token: string, digest: string): Standing | Promise<Standing> {
    const reading = this.#remembered.get(digest)?.issuer.keys.refresh();
    const known = reading ? undefined : this.known(digest);
    return known ? this.#standing(known) : this.#lookAfter(reading, { token, digest });
  }

  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  async #lookAfter(
    reading: Promise<void> | undefined,
    { token, digest }: { readonly token: string; readonly digest: string },
  ): Promise<Standing> {
    await reading;
    return this.#standing(this.known(digest) ?? (await this.verify(token, digest)));
  }

  #standing(identity: Identity): Standing {
    const { settings, clock } = this.#options;
    const nextReadWallMs = clock.wallMs() + settings.keySetMaxAgeMs;
    return { identity, lookAtWallMs: Math.min(identity.expiresAtWallMs, nextReadWallMs) };
  }

  verify(token: string, digest: string): Promise<Identity> {
    const running = this.#verifying.get(digest);
    if (running) return running;
    const verifying = this.#verify(token, digest).finally(() => this.#verifying.delete(digest));
    this.#verifying.set(digest, verifying);
    return verifying;
  }

  async #verify(token: string, digest: string): Promise<Identity> {
    const { issuer, key } = this.#lookAt(token);
    const keys = await issuer.keys.find(key);
    const { version } = issuer.keys;
    const { settings, clock } = this.#options;
    let payload: JWTPayload | undefined;
    let refusal: unknown;
    for (const publicKey of keys) {
      try {
        ({ payload } = await jwtVerify(token, publicKey, {
          algorithms: [key.alg],
          issuer: issuer.settings.issuer,
          audience: issuer.settings.audience,
          requiredClaims: ['exp'],
          clockTolerance: settings.tokenLeewayMs / 1_000,
          currentDate: new Date(clock.wallMs()),
        }));
        break;
      } catch (error) {
        refusal = error;
      }
    }
    if (!payload) throw refused(refusal);
    const principal = principalOf(payload, issuer.settings, settings.roles);
    const expiresAtWallMs = payload.exp! * 1_000 + settings.tokenLeewayMs;
    const identity = identityOf('token', principal, { expiresAtWallMs });
    this.#remember(digest, { identity, issuer, key, version });
    return identity;
  }

  /** Issuer and key that a token names, before anything of it is believed. */
  #lookAt(token: string): { readonly issuer: Issuer; readonly key: KeyName } {
    try {
      const { alg = '', kid } = decodeProtectedHeader(token);
      const issuer = this.#issuers.get(decodeJwt(token).iss ?? '');
      if (!issuer || !Object.hasOwn(TOKEN_ALGORITHMS, alg)) throw refused(undefined);
      if (kid !== undefined && typeof kid !== 'string') throw refused(undefined);
      return { issuer, key: { alg: alg as TokenAlgorithm, kid } };
    } catch (error) {
      throw refused(error);
    }
  }

  #remember(digest: string, remembered: Remembered): void {
    this.#remembered.set(digest, remembered);
    if (this.#remembered.size <= this.#options.settings.cacheMaxCount) return;
    this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}

/** What a caller learns: that it is over, where only time is wrong with it, and nothing else. */
function refused(error: unknown): WitanError {
  if (error instanceof errors.JWTExpired) {
    return unknownCaller('the token has expired', 'a fresh token of the same issuer');
  }
  const known = toWitanError(error);
  if (known.code !== 'internal') return known;
  return unknownCaller('the token is not valid', 'an RS256 or ES256 token of a configured issuer, for us');
}
