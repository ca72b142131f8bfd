/** Answers of a provider that must not be believed: made by hand, because no honest provider gives them. */
import { SignJWT, UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { loadSettings } from '../../../../../config/loader.ts';
import { OidcProvider } from '../../../../../config/sections/sign-in.ts';
import { WitanError } from '../../../../../contracts/errors.ts';
import { SimClock } from '../../../../../runtime/kernel/index.ts';
import type { HttpAnswer, HttpOutPort, HttpRequest } from '../../../../../runtime/kernel/ports/http-out.ts';
import { makeKey } from '../../../../../test/gate/token-issuer.ts';
import type { IssuerKey } from '../../../../../test/gate/token-issuer.ts';
import { assert, suite } from '../../../../../test/harness.ts';
import { ProviderClient } from './provider-client.ts';

const test = suite('provider-client', { limitMs: 20_000 });
const ISSUER = 'https://issuer.test';
const FLOW = { state: 's'.repeat(43), nonce: 'n'.repeat(43), verifier: 'v'.repeat(43) };
const key = await makeKey('k1', 'RS256');
const other = await makeKey('k1', 'RS256');

interface Scripted {
  readonly claims?: JWTPayload;
  readonly signer?: IssuerKey | null;
  /** Answer to the token request instead of tokens. */
  readonly token?: { readonly status: number; readonly body: object };
  readonly metadata?: object;
}

class ScriptedProvider implements HttpOutPort {
  readonly asked: HttpRequest[] = [];
  readonly #script: Scripted;

  constructor(script: Scripted) {
    this.#script = script;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    this.asked.push(request);
    const { pathname } = new URL(request.url);
    if (pathname === '/keys') return json(200, { keys: [key.jwk] });
    if (pathname === '/token') {
      const { token } = this.#script;
      return token ? json(token.status, token.body) : json(200, await this.#tokens());
    }
    return json(200, {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
      ...this.#script.metadata,
    });
  }

  async #tokens(): Promise<object> {
    const now = Math.floor(Date.now() / 1_000);
    const { claims, signer = key } = this.#script;
    const payload = {
      iss: ISSUER,
      aud: 'witan',
      sub: 'alice',
      nonce: FLOW.nonce,
      iat: now,
      exp: now + 300,
      ...claims,
    };
    const idToken = signer
      ? await new SignJWT(payload)
          .setProtectedHeader({ alg: signer.alg, kid: signer.kid })
          .sign(signer.privateKey)
      : new UnsecuredJWT(payload).encode();
    return { access_token: 'a', token_type: 'Bearer', id_token: idToken };
  }
}

function json(status: number, value: object): HttpAnswer {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function clientOf(http: HttpOutPort): ProviderClient {
  const provider = OidcProvider.parse({ name: 'test', issuer: ISSUER, clientId: 'witan' });
  const settings = loadSettings().settings.signIn;
  return new ProviderClient({ provider, settings, clock: new SimClock(), http, clientSecret: 'secret' });
}

async function finish(script: Scripted): Promise<string> {
  const answer = new URL(`https://node.test/auth/callback?code=c&state=${FLOW.state}`);
  try {
    return (await clientOf(new ScriptedProvider(script)).finish(answer, FLOW)).subject;
  } catch (error) {
    return (error as WitanError).code;
  }
}

const now = Math.floor(Date.now() / 1_000);

for (const [what, script, expected] of [
  ['a right answer', {}, 'alice'],
  ['a clock that is 20 s behind', { claims: { iat: now - 320, exp: now - 20 } }, 'alice'],
  ['a clock that is 20 s ahead', { claims: { iat: now + 20, nbf: now + 20 } }, 'alice'],
  ['a token that ended a minute ago', { claims: { iat: now - 360, exp: now - 60 } }, 'unauthenticated'],
  ['a token of a minute from now', { claims: { nbf: now + 60 } }, 'unauthenticated'],
  ['another nonce', { claims: { nonce: 'x' } }, 'unauthenticated'],
  ['no nonce', { claims: { nonce: undefined } }, 'unauthenticated'],
  ['another audience', { claims: { aud: 'others' } }, 'unauthenticated'],
  ['another issuer', { claims: { iss: 'https://evil.example' } }, 'unauthenticated'],
  ['no subject', { claims: { sub: undefined } }, 'unauthenticated'],
  ['a signature of another key', { signer: other }, 'unauthenticated'],
  ['no signature', { signer: null }, 'unauthenticated'],
  ['a refusal', { token: { status: 400, body: { error: 'invalid_grant' } } }, 'unauthenticated'],
  ['a defect of the provider', { token: { status: 503, body: {} } }, 'unavailable'],
  ['a configuration of another issuer', { metadata: { issuer: 'https://evil.example' } }, 'unauthenticated'],
] as [string, Scripted, string][]) {
  test(`${what}: ${expected}`, async () => assert.is(await finish(script), expected));
}

test('the verifier goes to the provider alone, its hash with the browser; the configuration is read once', async () => {
  const http = new ScriptedProvider({});
  const client = clientOf(http);
  const page = new URL(await client.begin('https://node.test/auth/callback', FLOW));
  assert.is(page.origin + page.pathname, `${ISSUER}/authorize`);
  assert.is(page.searchParams.get('code_challenge_method'), 'S256');
  assert.not.match(page.href, new RegExp(FLOW.verifier));
  await client.finish(new URL(`https://node.test/auth/callback?code=c&state=${FLOW.state}`), FLOW);
  const asked = http.asked.find(({ url }) => url.endsWith('/token'))!;
  assert.match(new TextDecoder().decode(asked.body), new RegExp(`code_verifier=${FLOW.verifier}`));
  assert.match(asked.headers!['authorization']!, /^Basic /);
  assert.is(http.asked.filter(({ url }) => url.includes('well-known')).length, 1);
});

test('a provider that cannot be reached or answers too late is told from one that refuses', async () => {
  for (const code of ['unavailable', 'deadline_exceeded'] as const) {
    const http = { send: () => Promise.reject(new WitanError(code, 'no')) };
    const error = await clientOf(http)
      .begin('https://node.test/auth/callback', FLOW)
      .catch((one: unknown) => one as WitanError);
    assert.is((error as WitanError).code, code);
  }
});
