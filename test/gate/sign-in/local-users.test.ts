/** Local users, their passwords and their second factor. */
import type { NewSession } from '../../../runtime/kernel/ports/sign-in/sign-in.ts';
import { MemorySignInStore } from '../../../runtime/store/memory/memory-sign-in-store.ts';
import { FileSignInStore } from '../../../runtime/store/identity/file-sign-in-store.ts';
import { assert, suite } from '../../harness.ts';
import { withFolder } from '../../host/fixtures.ts';
import { advance } from '../../sim-time.ts';
import { ADMIN, BROWSER, codeOf, PASSWORD, SignInRig, withSession } from './rig.ts';

const test = suite('local users', { limitMs: 60_000 });

interface Enrolled {
  readonly rig: SignInRig;
  readonly session: NewSession;
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
}

/** An administrator who has set up a second factor. */
async function enrolled(store = new MemorySignInStore()): Promise<Enrolled> {
  const rig = await SignInRig.start({ store });
  const first = await rig.localUser('root', ['administrator']);
  const { secret } = await rig.signIn.enrolFactor(withSession(first));
  const { session, recoveryCodes } = await rig.signIn.confirmFactor(rig.code(secret), withSession(first));
  return { rig, session, secret, recoveryCodes };
}

const signIn = (rig: SignInRig, name = 'root', password = PASSWORD): Promise<NewSession> =>
  rig.signIn.signIn({ name, password }, BROWSER);

test('a user sets a password once, by link, and signs in with it', async () => {
  const rig = await SignInRig.start();
  const made = await rig.signIn.users.create({ name: 'ann', tenant: 'acme', roles: ['reader'] }, ADMIN);
  assert.is(made.state, 'set-up');
  assert.is(made.path, `/sign-in.html#set-up=${made.token}`);
  assert.is(await codeOf(signIn(rig, 'ann', '')), 'unauthenticated');
  for (const password of ['short', 'a'.repeat(30), 'ann-annannann'])
    assert.is(await codeOf(rig.signIn.setUp({ token: made.token, password }, BROWSER)), 'invalid_argument');
  const session = await rig.signIn.setUp({ token: made.token, password: PASSWORD }, BROWSER);
  assert.equal(await rig.who(session.token), {
    id: 'user:local/ann',
    tenant: 'acme',
    scopes: ['decision:read'],
  });
  assert.is(
    await codeOf(rig.signIn.setUp({ token: made.token, password: PASSWORD }, BROWSER)),
    'unauthenticated',
  );
  assert.is((await signIn(rig, ' Ann ')).view.state, 'signed-in');
});

test('a link ends by time, and another takes the password and the sessions away', async () => {
  const rig = await SignInRig.start();
  const late = await rig.signIn.users.create({ name: 'ann', roles: ['reader'] }, ADMIN);
  await advance(rig.clock, 86_400_000);
  assert.is(
    await codeOf(rig.signIn.setUp({ token: late.token, password: PASSWORD }, BROWSER)),
    'unauthenticated',
  );
  const session = await rig.localUser('bob', ['reader']);
  await rig.signIn.users.newSetUp('user:local/bob', ADMIN);
  assert.is(await rig.who(session.token), 'unauthenticated');
  assert.is(await codeOf(signIn(rig, 'bob')), 'unauthenticated');
});

test('an unknown name, a wrong password and a disabled user are refused alike', async () => {
  const rig = await SignInRig.start();
  const session = await rig.localUser('ann', ['reader']);
  await rig.localUser('bob', ['reader']);
  await rig.signIn.users.disable('user:local/ann', true, ADMIN);
  assert.is(await rig.who(session.token), 'unauthenticated');
  const said = new Set<string>();
  for (const [name, password] of [
    ['ann', PASSWORD],
    ['bob', 'wrong horse battery'],
    ['nobody', PASSWORD],
  ] as const) {
    said.add((await signIn(rig, name, password).catch((error: object) => JSON.stringify(error))) as string);
  }
  assert.is(said.size, 1, [...said].join('\n'));
  await rig.signIn.users.disable('user:local/ann', false, ADMIN);
  assert.is((await signIn(rig, 'ann')).view.state, 'signed-in');
});

test('five wrong passwords lock the name for that address alone, known or not', async () => {
  const rig = await SignInRig.start();
  await rig.localUser('ann', ['reader']);
  for (const name of ['ann', 'nobody']) {
    for (let count = 0; count < 5; count += 1)
      assert.is(await codeOf(signIn(rig, name, 'x')), 'unauthenticated');
    assert.is(await codeOf(signIn(rig, name)), 'rate_limited');
  }
  const elsewhere = { ...BROWSER, remoteAddress: '198.51.100.1' };
  const request = { name: 'ann', password: PASSWORD };
  assert.is((await rig.signIn.signIn(request, elsewhere)).view.state, 'signed-in');
  await advance(rig.clock, 900_000);
  assert.is((await signIn(rig, 'ann')).view.state, 'signed-in');
});

test('a password hash of other parameters is made anew at the next sign-in', async () => {
  const store = new MemorySignInStore();
  await (await SignInRig.start({ store })).localUser('ann', ['reader']);
  const rig = await SignInRig.start({ store, settings: { passwordCostLn: 15 } });
  await signIn(rig, 'ann');
  const [user] = await store.users();
  assert.match(user!.password!, /^\$scrypt\$ln=15,/);
  assert.is((await signIn(rig, 'ann')).view.state, 'signed-in');
});

test('without the setting there are no local users', async () => {
  const rig = await SignInRig.start({ settings: { localUsers: false } });
  assert.is(await codeOf(signIn(rig)), 'not_supported');
  assert.is(
    await codeOf(rig.signIn.users.create({ name: 'ann', roles: ['reader'] }, ADMIN)),
    'not_supported',
  );
});

test('nobody makes a user beyond their own reach', async () => {
  const rig = await SignInRig.start();
  const by = { id: 'key:x', tenant: 'acme', scopes: ['identity:admin', 'decision:read'] };
  const create = (name: string, tenant: string, roles: string[]): Promise<string> =>
    codeOf(rig.signIn.users.create({ name, tenant, roles }, by));
  assert.is(await create('a', 'acme', ['reader']), 'none');
  assert.is(await create('b', 'acme', ['administrator']), 'permission_denied');
  assert.is(await create('c', 'other', ['reader']), 'permission_denied');
  assert.is(await create('d', 'acme', ['emperor']), 'invalid_argument');
  assert.is(await create('a', 'acme', ['reader']), 'already_exists');
  await rig.localUser('far', ['reader'], 'other');
  assert.is(await codeOf(rig.signIn.users.disable('user:local/far', true, by)), 'not_found');
  assert.equal(
    (await rig.signIn.users.list(by)).map(({ id }) => id),
    ['user:local/a'],
  );
  await rig.localUser('boss', ['administrator']);
  assert.is(await codeOf(rig.signIn.users.newSetUp('user:local/boss', by)), 'permission_denied');
});

test('an administrator may nothing before the second factor, and then under another secret', async () => {
  const rig = await SignInRig.start();
  const first = await rig.localUser('root', ['administrator']);
  assert.is(first.view.state, 'second-factor');
  assert.equal(first.view.user!.scopes, []);
  assert.is(await rig.who(first.token), 'permission_denied');
  assert.is(await codeOf(rig.signIn.confirmFactor('000000', withSession(first))), 'conflict');
  assert.is(await codeOf(rig.signIn.showFactor('000000', withSession(first))), 'conflict');
  const { secret } = await rig.signIn.enrolFactor(withSession(first));
  assert.is(
    await codeOf(rig.signIn.confirmFactor(rig.code(secret, 5), withSession(first))),
    'unauthenticated',
  );
  const { session, recoveryCodes } = await rig.signIn.confirmFactor(rig.code(secret), withSession(first));
  assert.is(recoveryCodes.length, 10);
  assert.is(session.view.state, 'signed-in');
  assert.is.not(session.token, first.token);
  assert.is(await rig.who(first.token), 'unauthenticated');
  assert.is(typeof (await rig.who(session.token)), 'object');
  assert.is(await codeOf(rig.signIn.enrolFactor(withSession(session))), 'conflict');
});

test('a code is taken once, also by two at the same time', async () => {
  const { rig, secret } = await enrolled();
  const replay = rig.code(secret);
  assert.is(await codeOf(rig.signIn.showFactor(replay, withSession(await signIn(rig)))), 'unauthenticated');
  await advance(rig.clock, 30_000);
  const [one, two] = [await signIn(rig), await signIn(rig)];
  const code = rig.code(secret);
  const tries = await Promise.all(
    [one, two].map((session) => codeOf(rig.signIn.showFactor(code, withSession(session)))),
  );
  assert.equal(tries.sort(), ['none', 'unauthenticated']);
});

test('five wrong codes lock the second factor of the user for a quarter of an hour', async () => {
  const { rig, secret } = await enrolled();
  await advance(rig.clock, 60_000);
  const session = await signIn(rig);
  for (let count = 0; count < 5; count += 1) {
    assert.is(await codeOf(rig.signIn.showFactor('000000', withSession(session))), 'unauthenticated');
  }
  const caller = withSession(await signIn(rig));
  assert.is(await codeOf(rig.signIn.showFactor(rig.code(secret), caller)), 'rate_limited');
  await advance(rig.clock, 900_000);
  assert.is(await codeOf(rig.signIn.showFactor(rig.code(secret), withSession(await signIn(rig)))), 'none');
});

test('each recovery code replaces the authenticator once', async () => {
  const { rig, recoveryCodes } = await enrolled();
  const [code] = recoveryCodes as [string];
  const shown = await rig.signIn.showFactor(code.toUpperCase(), withSession(await signIn(rig)));
  assert.is(shown.view.state, 'signed-in');
  assert.is(await codeOf(rig.signIn.showFactor(code, withSession(await signIn(rig)))), 'unauthenticated');
  const entry = (await rig.entries()).find(({ action }) => action === 'second-factor-shown');
  assert.equal([entry!['with'], entry!['recoveryLeft']], ['recovery-code', 9]);
});

test('an administrator resets a second factor: sessions end, and another is set up', async () => {
  const { rig, session } = await enrolled();
  const view = await rig.signIn.users.resetFactor('user:local/root', ADMIN);
  assert.is(view.hasSecondFactor, false);
  assert.is(await rig.who(session.token), 'unauthenticated');
  const again = await signIn(rig);
  assert.is(again.view.state, 'second-factor');
  assert.ok((await rig.signIn.enrolFactor(withSession(again))).secret);
});

test('the record names what happened, and nobody', async () => {
  const { rig, session, secret } = await enrolled();
  await codeOf(signIn(rig, 'root', 'wrong horse battery'));
  await codeOf(signIn(rig, 'root', 'wrong horse battery'));
  await codeOf(signIn(rig, 'nobody', 'wrong horse battery'));
  await rig.signIn.signOut(false, withSession(session));
  await rig.signIn.users.resetFactor('user:local/root', ADMIN);
  await rig.signIn.audit.closeWindow();
  const entries = await rig.entries();
  assert.equal(
    entries.map(({ action }) => action),
    ['user-create', 'password-set', 'sign-in', 'second-factor-enrolled', 'sign-out', 'second-factor-reset'],
  );
  assert.is(new Set(entries.map(({ user }) => user)).size, 1);
  assert.match(String(entries[0]!['user']), /^user#[0-9a-f]{32}$/);
  assert.is(entries.at(-1)!['by'], 'local');
  const failures = await rig.entries('event');
  assert.is(
    failures.reduce((sum, { count }) => sum + Number(count), 0),
    3,
  );
  assert.equal(
    [failures[0]!['by'], failures[0]!['operation'], failures.length],
    ['203.0.113.0/24', 'session.begin', 2],
  );
  const text = JSON.stringify([...entries, ...failures]);
  for (const hidden of ['root', 'nobody', PASSWORD, 'wrong horse', secret, session.token, '203.0.113.7'])
    assert.not.ok(text.includes(hidden), hidden);
});

test('after a restart users, second factors and sessions are there, and no file holds a secret', async () => {
  await withFolder(async (folder) => {
    const store = await FileSignInStore.open(folder);
    const before = await enrolled(store as never);
    await store.close();
    const again = await FileSignInStore.open(folder);
    const rig = await SignInRig.start({ store: again, clock: before.rig.clock });
    assert.is(typeof (await rig.who(before.session.token)), 'object');
    await advance(rig.clock, 60_000);
    const session = await signIn(rig);
    assert.is(await codeOf(rig.signIn.showFactor(rig.code(before.secret), withSession(session))), 'none');
    await rig.signIn.signOut(true, withSession(before.session));
    await again.close();
    const { readdirSync, readFileSync } = await import('node:fs');
    const texts = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
    for (const hidden of [
      PASSWORD,
      before.secret,
      before.session.token,
      session.token,
      ...before.recoveryCodes,
    ])
      assert.not.ok(texts.some((text) => text.includes(hidden)));
    const last = await FileSignInStore.open(folder);
    assert.equal(await last.sessions(), []);
    await last.close();
  });
});
