/** Sessions: their ends by time, number and word of the provider (IAM-12, IAM-13). */
import { assert, suite } from '../../harness.ts';
import { advance } from '../../sim-time.ts';
import { LocalProvider } from './local-provider.ts';
import { ADMIN, BROWSER, codeOf, SignInRig, withSession } from './rig.ts';
import type { SignInRigOptions } from './rig.ts';

const test = suite('sessions', { limitMs: 60_000 });
let provider: LocalProvider;

test.before(async () => {
  provider = await LocalProvider.start();
});
test.beforeEach(() => {
  provider.accounts.set('alice', {
    name: 'Alice',
    email: 'alice@acme.example',
    email_verified: true,
    tenant: 'acme',
    roles: ['readers', 'submitters'],
    groups: ['staff'],
  });
});
test.after(() => provider.stop());

const rigged = (options: Omit<SignInRigOptions, 'provider'> = {}): Promise<SignInRig> =>
  SignInRig.start({ provider, ...options });
const MINUTE_MS = 60_000;

async function scopesOf(rig: SignInRig, token: string): Promise<readonly string[] | string> {
  const who = await rig.who(token);
  return typeof who === 'string' ? who : who.scopes;
}

test('a session ends when nobody uses it, and in any case after its whole time', async () => {
  const rig = await rigged({ settings: { recheckMs: 0 } });
  const [used, unused] = [await rig.localUser('ann', ['reader']), await rig.localUser('bob', ['reader'])];
  for (let minute = 20; minute < 720; minute += 20) {
    await advance(rig.clock, 20 * MINUTE_MS);
    assert.is(typeof (await rig.who(used.token)), 'object', `after ${minute} minutes`);
    if (minute > 20) assert.is(await rig.who(unused.token), 'unauthenticated');
  }
  await advance(rig.clock, 20 * MINUTE_MS);
  assert.is(await rig.who(used.token), 'unauthenticated');
  assert.is((await rig.signIn.view(withSession(used))).state, 'signed-out');
  assert.is(rig.signIn.sessions.size, 0);
});

test('the second factor does not make a session longer', async () => {
  const rig = await rigged({ settings: { recheckMs: 0 } });
  const first = await rig.localUser('root', ['administrator']);
  await advance(rig.clock, 10 * MINUTE_MS);
  const { secret } = await rig.signIn.enrolFactor(withSession(first));
  const { session } = await rig.signIn.confirmFactor(rig.code(secret), withSession(first));
  assert.is(session.view.endsAt, first.view.endsAt);
  assert.is(session.lifeMs, 43_200_000 - 10 * MINUTE_MS);
});

test('the oldest session of a user makes room, that of another never', async () => {
  const rig = await rigged({ settings: { userSessionMaxCount: 2, sessionMaxCount: 3 } });
  const request = { name: 'ann', password: 'correct horse battery' };
  const one = await rig.localUser('ann', ['reader']);
  const two = await rig.signIn.signIn(request, BROWSER);
  const three = await rig.signIn.signIn(request, BROWSER);
  assert.is(await rig.who(one.token), 'unauthenticated');
  for (const { token } of [two, three]) assert.is(typeof (await rig.who(token)), 'object');
  await rig.localUser('bob', ['reader']);
  assert.is(await codeOf(rig.localUser('cid', ['reader'])), 'overloaded');
  assert.is(typeof (await rig.who(two.token)), 'object');
});

test('over an open line from elsewhere nobody signs in', async () => {
  const rig = await rigged();
  const open = { ...BROWSER, origin: 'http://node.test' };
  assert.is(await codeOf(rig.signIn.begin({ provider: 'test', returnTo: '/' }, open)), 'permission_denied');
  assert.is(await codeOf(rig.signIn.signIn({ name: 'a', password: 'b' }, open)), 'permission_denied');
  assert.is(await codeOf(rig.signIn.begin({ provider: 'other', returnTo: '/' }, BROWSER)), 'not_found');
});

test('a sign-in that takes too long is over', async () => {
  const rig = await rigged();
  const flow = await rig.signIn.begin({ provider: 'test', returnTo: '/' }, BROWSER);
  const query = Object.fromEntries(new URL(await provider.visit(flow.location, 'alice')).searchParams);
  await advance(rig.clock, 10 * MINUTE_MS);
  assert.is(await codeOf(rig.signIn.finish({ query, sealed: flow.sealed }, BROWSER)), 'unauthenticated');
});

test('the provider is asked again at each interval and not before; what it takes away is gone at once', async () => {
  const rig = await rigged();
  const { token } = await rig.atProvider(provider, 'alice');
  const before = provider.askedCount;
  await advance(rig.clock, 5 * MINUTE_MS - 1);
  await rig.who(token);
  assert.is(provider.askedCount, before);
  provider.accounts.get('alice')!.roles = ['readers'];
  await advance(rig.clock, 1);
  assert.equal(await scopesOf(rig, token), ['decision:read']);
  assert.is(provider.askedCount, before + 2, 'a refresh and a look at userinfo');
  assert.equal(await scopesOf(rig, token), ['decision:read']);
  assert.is(provider.askedCount, before + 2);
  provider.accounts.get('alice')!.roles = ['admins'];
  await advance(rig.clock, 5 * MINUTE_MS);
  assert.equal(await scopesOf(rig, token), ['decision:read'], 'what is new waits for the next sign-in');
});

test('many calls at once ask once', async () => {
  const rig = await rigged();
  const { token } = await rig.atProvider(provider, 'alice');
  const before = provider.askedCount;
  await advance(rig.clock, 5 * MINUTE_MS);
  await Promise.all(Array.from({ length: 20 }, () => rig.who(token)));
  assert.is(provider.askedCount, before + 2);
});

test('a user whom the provider no longer knows is out, and the record says so', async () => {
  const rig = await rigged();
  const { token } = await rig.atProvider(provider, 'alice');
  provider.accounts.delete('alice');
  await advance(rig.clock, 5 * MINUTE_MS);
  assert.is(await rig.who(token), 'unauthenticated');
  const actions = (await rig.entries()).map(({ action }) => action);
  assert.equal(actions, ['sign-in', 'session-refused-by-provider']);
});

test('a user of another tenant now is out', async () => {
  const rig = await rigged();
  const { token } = await rig.atProvider(provider, 'alice');
  provider.accounts.get('alice')!.tenant = 'other';
  await advance(rig.clock, 5 * MINUTE_MS);
  assert.is(await rig.who(token), 'unauthenticated');
});

test('a provider that is silent ends no session before its grace, and then every one', async () => {
  const rig = await rigged();
  const { token } = await rig.atProvider(provider, 'alice');
  await provider.fall();
  try {
    for (let minute = 5; minute < 20; minute += 5) {
      await advance(rig.clock, 5 * MINUTE_MS);
      assert.is(typeof (await rig.who(token)), 'object', `after ${minute} minutes`);
    }
    await advance(rig.clock, 5 * MINUTE_MS);
    assert.is(await rig.who(token), 'unavailable');
  } finally {
    await provider.rise();
  }
  assert.is(await rig.who(token), 'unauthenticated');
});

test('a local user who is kept out, or may less, is so at the next look', async () => {
  const rig = await rigged();
  const session = await rig.localUser('ann', ['reader']);
  await rig.signIn.users.disable('user:local/ann', true, ADMIN);
  assert.is(await rig.who(session.token), 'unauthenticated');
});

test('only verified addresses of allowed domains and members of allowed groups are let in', async () => {
  const account = provider.accounts.get('alice')!;
  for (const [fields, change, expected] of [
    [{ allowedEmailDomains: ['acme.example'] }, {}, 'none'],
    [{ allowedEmailDomains: ['acme.example'] }, { email_verified: false }, 'permission_denied'],
    [{ allowedEmailDomains: ['acme.example'] }, { email: 'a@evil.acme.example' }, 'permission_denied'],
    [
      { allowedEmailDomains: ['acme.example'] },
      { email: 'a@acme.example@evil.example' },
      'permission_denied',
    ],
    [{ allowedGroups: ['staff', 'other'] }, {}, 'none'],
    [{ allowedGroups: ['other'] }, {}, 'permission_denied'],
    [{ tenant: 'fixed', tenantClaim: 'none' }, {}, 'none'],
    [{ tenantClaim: 'none' }, {}, 'unauthenticated'],
    [{ roles: {} }, {}, 'permission_denied'],
    [{ roles: {}, defaultRoles: ['reader'] }, {}, 'none'],
  ] as const) {
    provider.accounts.set('alice', { ...account, ...change });
    const rig = await rigged({ fields: fields as never });
    assert.is(await codeOf(rig.atProvider(provider, 'alice')), expected, JSON.stringify([fields, change]));
  }
});

test('a disabled user of a provider does not get in', async () => {
  const rig = await rigged();
  const { token } = await rig.atProvider(provider, 'alice');
  await rig.signIn.users.disable('user:test/alice', true, ADMIN);
  assert.is(await rig.who(token), 'unauthenticated');
  assert.is(await codeOf(rig.atProvider(provider, 'alice')), 'permission_denied');
});
