/** Public keys of one issuer: fixed ones, or a key set that is read when it is old or lacks a key. */
import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { TokenIssuer } from '../../../../config/sections/identity.ts';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { parseJson } from '../../../../contracts/parse-json.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { HttpOutPort } from '../../../../runtime/kernel/ports/http-out.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import { unknownCaller } from './authenticator.ts';

/** Signatures that are taken, with the type of key that each needs (IAM-02). */
export const TOKEN_ALGORITHMS = { RS256: { kty: 'RSA' }, ES256: { kty: 'EC', crv: 'P-256' } } as const;
/** One of {@link TOKEN_ALGORITHMS}. */
export type TokenAlgorithm = keyof typeof TOKEN_ALGORITHMS;

/** What a token's header says of its key; everything else in it (`jku`, `x5u`, `jwk`, …) is not looked at. */
export interface KeyName {
  readonly alg: TokenAlgorithm;
  readonly kid: string | undefined;
}

/** What keys are read with. */
export interface IssuerKeysOptions {
  readonly issuer: TokenIssuer;
  readonly clock: Clock;
  readonly http: HttpOutPort;
  readonly maxAgeMs: number;
  readonly cooldownMs: number;
  readonly telemetry?: TelemetryPort | undefined;
  /** The keys were read again: some may be gone. */
  onChange?(): void;
}

const FETCH_MS = 5_000;
const SET_LIMITS = { maxBytes: 262_144, maxDepth: 8, maxNodes: 10_000 };
const KEY_MAX_COUNT = 100;
/** Keys of one name that are tried. */
const SAME_NAME_MAX_COUNT = 4;
/** Old keys are used while their issuer does not answer, up to so many times their greatest age. */
const STALE_AGES = 10;

/** See the file's head. Reads are never made twice at once. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  readonly #isFixed: boolean;
  #keys: readonly JWK[];
  #version = 0;
  readonly #imported = new WeakMap<JWK, Promise<CryptoKey>>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
    this.#isFixed = options.issuer.keys !== undefined;
    this.#keys = usableKeys(options.issuer.keys ?? []);
  }

  /** Rises when the keys change. */
  get version(): number {
    return this.#version;
  }

  /** Whether a key of that name is in the set now: what it signed is refused once it is not. */
  has(name: KeyName): boolean {
    return this.#matches(name).length > 0;
  }

  /**
   * Keys that may have signed. A name that is not known makes the set be read again, at most once in
   * `cooldownMs`.
   * @throws unauthenticated (no such key), unavailable (the keys cannot be read, or are too old)
   */
  async find(name: KeyName): Promise<readonly CryptoKey[]> {
    const ageMs = this.#options.clock.monotonicMs() - this.#readAtMs;
    if (!this.#isFixed) {
      if (ageMs > this.#options.maxAgeMs * STALE_AGES) await this.#read();
      else if (ageMs > this.#options.maxAgeMs && this.#mayRead()) void this.#read().catch(() => undefined);
    }
    let found = this.#matches(name);
    if (found.length === 0 && !this.#isFixed && (this.#reading || this.#mayRead())) {
      await this.#read();
      found = this.#matches(name);
    }
    if (found.length === 0) throw unknownCaller('the token is not valid', 'a token signed by its issuer');
    return Promise.all(found.slice(0, SAME_NAME_MAX_COUNT).map((key) => this.#import(key, name.alg)));
  }

  /** Reads keys that are old again; undefined: they are not, or were tried a moment ago. Never rejects. */
  refresh(): Promise<void> | undefined {
    const ageMs = this.#options.clock.monotonicMs() - this.#readAtMs;
    if (this.#isFixed || ageMs <= this.#options.maxAgeMs || !this.#mayRead()) return undefined;
    return this.#read().catch(() => undefined);
  }

  #mayRead(): boolean {
    return this.#options.clock.monotonicMs() - this.#triedAtMs >= this.#options.cooldownMs;
  }

  #matches({ alg, kid }: KeyName): readonly JWK[] {
    const fitting = this.#keys.filter((key) => {
      const { kty, crv } = { crv: undefined, ...TOKEN_ALGORITHMS[alg] };
      return key.kty === kty && (crv === undefined || key.crv === crv) && (key.alg ?? alg) === alg;
    });
    if (kid !== undefined) return fitting.filter((key) => key.kid === kid);
    // Without a name there must be no choice.
    return fitting.length === 1 ? fitting : [];
  }

  #import(key: JWK, alg: TokenAlgorithm): Promise<CryptoKey> {
    const known = this.#imported.get(key);
    if (known) return known;
    const imported = importJWK(key, alg) as Promise<CryptoKey>;
    this.#imported.set(key, imported);
    return imported;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const { issuer, http, clock, telemetry } = this.#options;
    this.#triedAtMs = clock.monotonicMs();
    try {
      const { status, body } = await http.send({
        method: 'GET',
        url: issuer.keysUrl!,
        headers: { accept: 'application/json' },
        timeoutMs: FETCH_MS,
        maxBytes: SET_LIMITS.maxBytes,
      });
      if (status !== 200) throw new WitanError('unavailable', `the key set answers ${status}`);
      const { keys } = parseJson(body, SET_LIMITS) as { keys?: unknown };
      const usable = usableKeys(Array.isArray(keys) ? keys : []);
      if (usable.length === 0) throw new WitanError('unavailable', 'the key set holds no key for us');
      this.#keys = this.#kept(usable);
      this.#version += 1;
      this.#readAtMs = clock.monotonicMs();
      this.#options.onChange?.();
    } catch (error) {
      const { code, message } = toWitanError(error);
      telemetry?.log('error', '/platform/gate', 'the keys of an issuer cannot be read', {
        issuer: issuer.name,
        code,
        error: message,
      });
      throw new WitanError(
        'unavailable',
        `the keys of ${issuer.name} cannot be read`,
        {
          retryAfterMs: this.#options.cooldownMs,
        },
        error,
      );
    }
  }

  /** Keys that were there before stay the same objects, so that they are not imported anew. */
  #kept(fresh: readonly JWK[]): readonly JWK[] {
    const before = new Map(this.#keys.map((key) => [JSON.stringify(key), key]));
    return fresh.map((key) => before.get(JSON.stringify(key)) ?? key);
  }
}

/** Public RSA and P-256 keys for signatures; private, symmetric and other keys are never looked at. */
function usableKeys(keys: readonly unknown[]): readonly JWK[] {
  const usable: JWK[] = [];
  for (const key of keys.slice(0, KEY_MAX_COUNT)) {
    if (typeof key !== 'object' || key === null) continue;
    const { kty, kid, use, alg, crv, n, e, x, y, d, key_ops: operations } = key as Record<string, unknown>;
    const isForUse =
      d === undefined &&
      (use === undefined || use === 'sig') &&
      (operations === undefined || (Array.isArray(operations) && operations.includes('verify')));
    if (!isForUse || (kty !== 'RSA' && kty !== 'EC')) continue;
    const named = { kty, ...(typeof kid === 'string' && { kid }), ...(typeof alg === 'string' && { alg }) };
    if (kty === 'RSA' && isText(n) && isText(e)) usable.push({ ...named, n, e });
    if (kty === 'EC' && isText(crv) && isText(x) && isText(y)) usable.push({ ...named, crv, x, y });
  }
  return usable;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
