/** An issuer of tokens whose keys the test holds, and the address where its key set is read. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import type { TokenIssuer } from '../../config/sections/identity.ts';
import type { z } from 'zod';
import { WitanError } from '../../contracts/errors.ts';
import type { HttpAnswer, HttpOutPort } from '../../runtime/kernel/ports/http-out.ts';

/** Key of an issuer. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: 'RS256' | 'ES256';
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Makes a key. */
export async function makeKey(kid: string, alg: IssuerKey['alg'] = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, jwk };
}

/** See the file's head. Time is the caller's, in wall ms. */
export class TestIssuer implements HttpOutPort {
  readonly url = 'https://issuer.test/.well-known/jwks.json';
  keys: JWK[] = [];
  /** Reads of the key set. */
  readCount = 0;
  isDown = false;
  /** Awaited before each answer. */
  before: Promise<void> = Promise.resolve();

  settings(fields: Partial<z.input<typeof TokenIssuer>> = {}): z.input<typeof TokenIssuer> {
    return { name: 'test', issuer: 'https://issuer.test', keysUrl: this.url, ...fields };
  }

  async send(): Promise<HttpAnswer> {
    this.readCount += 1;
    const answer = JSON.stringify({ keys: this.keys });
    await this.before;
    if (this.isDown) throw new WitanError('unavailable', 'down');
    return { status: 200, headers: {}, body: new TextEncoder().encode(answer) };
  }

  /** A right token, but for what `claims` and `header` change; a claim that is undefined is left out. */
  async token(
    key: IssuerKey,
    nowWallMs: number,
    { claims = {}, header = {} }: { claims?: JWTPayload; header?: Record<string, unknown> } = {},
  ): Promise<string> {
    const now = Math.floor(nowWallMs / 1_000);
    const payload = {
      iss: 'https://issuer.test',
      aud: 'nethical-api',
      sub: 'alice@example.org',
      tenant: 'acme',
      scope: 'openid nethical:read',
      nbf: now,
      exp: now + 300,
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey);
  }
}
