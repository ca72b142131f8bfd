/** People sign in at a real node with a real OpenID provider: the whole way, as a browser goes it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionView } from '../../contracts/messages/identity/sign-in.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { CookieJar } from '../gate/sign-in/cookie-jar.ts';
import { CLIENT_SECRET, LocalProvider } from '../gate/sign-in/local-provider.ts';
import { assert, suite } from '../harness.ts';
import { withFolder } from '../host/fixtures.ts';

const test = suite('sign-in at a node', { limitMs: 180_000 });
let provider: LocalProvider;
let host: Host;
let origin = '';
let stopFolder = (): void => undefined;

test.before(async () => {
  provider = await LocalProvider.start();
  provider.accounts.set('alice', { name: 'Alice', tenant: 'acme', roles: ['readers', 'submitters'] });
  provider.accounts.set('bob', { name: 'Bob', tenant: 'acme', roles: ['nothing-here'] });
  const ready = new Promise<string>((resolve) => {
    void withFolder(async (folder) => {
      resolve(folder);
      await new Promise<void>((stop) => (stopFolder = stop));
    });
  });
  const clientSecretFile = join(await ready, 'client-secret');
  writeFileSync(clientSecretFile, `${CLIENT_SECRET}\n`);
  host = await createHost({
    dataDir: null,
    settings: {
      http: { port: 0 },
      grpc: { enabled: false },
      identity: { trustLoopback: false },
      signIn: { providers: [provider.settings({ clientSecretFile })], recheckMs: 0 },
    },
  });
  await host.start();
  origin = host.address!.url;
});

test.after(async () => {
  await host.stop();
  await provider.stop();
  stopFolder();
});

async function begin(jar: CookieJar, returnTo = '/'): Promise<string> {
  const response = await jar.fetch(
    `${origin}/auth/login?provider=test&returnTo=${encodeURIComponent(returnTo)}`,
  );
  assert.is(response.status, 303);
  return response.headers.get('location')!;
}

async function signedIn(login = 'alice', jar = new CookieJar()): Promise<CookieJar> {
  const answer = await provider.visit(await begin(jar), login);
  assert.is((await jar.fetch(answer)).status, 303);
  return jar;
}

async function session(jar: CookieJar): Promise<SessionView> {
  return (await jar.fetch(`${origin}/auth/session`)).json() as Promise<SessionView>;
}

function post(
  jar: CookieJar,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  const csrf = jar.get(origin, 'witan-csrf');
  return jar.fetch(origin + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(csrf !== undefined && { 'x-csrf-token': csrf }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

const code = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code;

test('a person signs in, is who the provider says, reads, and comes back to where they began', async () => {
  const jar = new CookieJar();
  assert.is((await session(jar)).state, 'signed-out');
  assert.is((await jar.fetch(`${origin}/api/v1/decisions`)).status, 401);
  const location = new URL(await begin(jar, '/live.css?x=1#decision'));
  assert.is(location.searchParams.get('code_challenge_method'), 'S256');
  const answer = await provider.visit(location.href, 'alice');
  const response = await jar.fetch(answer);
  assert.is(response.headers.get('location'), '/live.css?x=1#decision');
  assert.is(response.headers.get('cache-control'), 'no-store');
  const set = jar.lastSet.find((line) => line.startsWith('witan-session='))!;
  assert.match(set, /^witan-session=[\w-]{43}; Path=\/; Max-Age=43\d{3}; SameSite=Lax; HttpOnly$/);
  const { state, user } = await session(jar);
  assert.is(state, 'signed-in');
  assert.equal(user, {
    id: 'user:test/alice',
    name: 'Alice',
    tenant: 'acme',
    provider: 'test',
    scopes: ['decision:submit', 'decision:read'],
    hasSecondFactor: false,
  });
  assert.is((await jar.fetch(`${origin}/api/v1/decisions`)).status, 200);
  assert.is((await jar.fetch(`${origin}/api/v1/tree`)).status, 403);
});

test('a change needs the token of the page, and that of another session does not do', async () => {
  const jar = await signedIn();
  const decision = { type: 'chat', text: 'How long does a loaf bake?' };
  const path = '/api/v1/decisions/evaluate';
  assert.is((await post(jar, path, decision, { 'x-csrf-token': '' })).status, 403);
  const other = (await signedIn()).get(origin, 'witan-csrf')!;
  assert.is((await post(jar, path, decision, { 'x-csrf-token': other })).status, 403);
  assert.is((await post(jar, path, decision)).status, 200);
  assert.is((await post(jar, path, decision, { origin: 'https://evil.example' })).status, 403);
});

test('an answer with another state, another browser, a second time, or none is refused', async () => {
  const jar = new CookieJar();
  const answer = await provider.visit(await begin(jar), 'alice');
  const forged = new URL(answer);
  forged.searchParams.set('state', 'x'.repeat(43));
  assert.is(await code(await jar.fetch(forged.href)), 'unauthenticated');
  assert.is(await code(await new CookieJar().fetch(answer)), 'unauthenticated');
  const other = new CookieJar();
  await begin(other);
  assert.is(await code(await other.fetch(answer)), 'unauthenticated');
  const thief = jar.copy();
  assert.is((await jar.fetch(answer)).status, 303);
  assert.is(await code(await thief.fetch(answer)), 'unauthenticated');
  assert.is(await code(await jar.fetch(`${origin}/auth/callback`)), 'unauthenticated');
});

test('a code of another sign-in is refused by PKCE and nonce', async () => {
  const [mine, theirs] = [new CookieJar(), new CookieJar()];
  const own = new URL(await provider.visit(await begin(mine), 'alice'));
  const foreign = new URL(await provider.visit(await begin(theirs), 'bob'));
  own.searchParams.set('code', foreign.searchParams.get('code')!);
  const response = await mine.fetch(own.href);
  assert.is(response.status, 401);
  assert.not.ok(mine.get(origin, 'witan-session'));
});

test('a person sees the page with the error, and nothing of the provider’s words', async () => {
  const jar = new CookieJar();
  await begin(jar);
  const refused = new URL(await begin(jar)).searchParams.get('state')!;
  const response = await jar.fetch(
    `${origin}/auth/callback?error=access_denied&error_description=b&state=${refused}&iss=${provider.issuer}`,
    { headers: { accept: 'text/html' } },
  );
  assert.is(response.status, 303);
  assert.is(response.headers.get('location'), '/sign-in.html#error=unauthenticated');
});

test('the way back leads to this node alone', async () => {
  for (const returnTo of [
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '/%09/evil',
    '\t//evil.example',
  ]) {
    const response = await fetch(`${origin}/auth/login?returnTo=${encodeURIComponent(returnTo)}`, {
      redirect: 'manual',
    });
    if (returnTo === '/%09/evil') assert.is(response.status, 303);
    else assert.is(response.status, 400, returnTo);
  }
});

test('a session that the browser brought along is ended by the sign-in', async () => {
  const jar = await signedIn();
  const planted = jar.copy();
  await signedIn('alice', jar);
  assert.not.equal(jar.get(origin, 'witan-session'), planted.get(origin, 'witan-session'));
  assert.is((await planted.fetch(`${origin}/api/v1/decisions`)).status, 401);
  assert.is((await jar.fetch(`${origin}/api/v1/decisions`)).status, 200);
  const made = new CookieJar();
  made.set(origin, 'witan-session', 'A'.repeat(43));
  await signedIn('alice', made);
  assert.is.not(made.get(origin, 'witan-session'), 'A'.repeat(43));
});

test('an account without a role here is refused', async () => {
  const jar = new CookieJar();
  const response = await jar.fetch(await provider.visit(await begin(jar), 'bob'));
  assert.is(response.status, 403);
  assert.not.ok(jar.get(origin, 'witan-session'));
});

test('signing out ends the session here and names the provider’s page', async () => {
  const jar = await signedIn();
  const stolen = jar.copy();
  const response = await post(jar, '/auth/logout', {});
  const { location } = (await response.json()) as { location: string };
  assert.ok(location.startsWith(`${provider.issuer}/session/end?`), location);
  assert.ok(new URL(location).searchParams.get('id_token_hint'));
  assert.not.ok(jar.get(origin, 'witan-session'));
  assert.is((await stolen.fetch(`${origin}/api/v1/decisions`)).status, 401);
  assert.is((await session(stolen)).state, 'signed-out');
});

test('signing out everywhere ends every session of the user', async () => {
  const [one, two] = [await signedIn(), await signedIn()];
  assert.is((await post(one, '/auth/logout', { everywhere: true })).status, 200);
  assert.is((await two.fetch(`${origin}/api/v1/decisions`)).status, 401);
});

test('a provider that is down is a typed error, and those who are signed in stay so', async () => {
  const jar = await signedIn();
  await provider.fall();
  try {
    const fresh = new CookieJar();
    const location = await begin(fresh);
    const { searchParams } = new URL(location);
    const answer = `${origin}/auth/callback?code=x&state=${searchParams.get('state')}&iss=${provider.issuer}`;
    const response = await fresh.fetch(answer);
    assert.is(response.status, 503);
    assert.is(await code(response), 'unavailable');
    assert.is((await jar.fetch(`${origin}/api/v1/decisions`)).status, 200);
  } finally {
    await provider.rise();
  }
});
