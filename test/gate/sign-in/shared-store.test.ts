/** Several nodes over one store of users and sessions: what one does, the others know within a second. */
import { MemorySignInStore } from '../../../runtime/store/memory/memory-sign-in-store.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { SimClock } from '../../../runtime/kernel/index.ts';
import { assert, suite } from '../../harness.ts';
import { advance } from '../../sim-time.ts';
import { ADMIN, BROWSER, codeOf, PASSWORD, SignInRig, withSession } from './rig.ts';
import { LocalProvider } from './local-provider.ts';

const test = suite('sign-in over a shared store', { limitMs: 60_000 });
const SECOND = 1_000;

interface Nodes {
  readonly clock: SimClock;
  readonly store: MemorySignInStore;
  readonly left: SignInRig;
  readonly right: SignInRig;
}

async function twoNodes(options: Parameters<typeof SignInRig.start>[0] = {}): Promise<Nodes> {
  const clock = new SimClock();
  const store = new MemorySignInStore({ isShared: true });
  const left = await SignInRig.start({ ...options, clock, store });
  return { clock, store, left, right: await SignInRig.start({ ...options, clock, store }) };
}

const idOf = (who: Awaited<ReturnType<SignInRig['who']>>): string => (typeof who === 'string' ? who : who.id);

test('a session that began at one node is known at the other, with its tenant and scopes', async () => {
  const { left, right } = await twoNodes();
  const session = await left.localUser('ann', ['reader']);
  const [here, there] = [await left.who(session.token), await right.who(session.token)];
  assert.equal(there, here);
  assert.equal(typeof there === 'string' ? there : [there.id, there.tenant], ['user:local/ann', 'acme']);
  const view = await right.signIn.view(withSession(session));
  assert.equal([view.state, view.user?.name], ['signed-in', 'ann']);
});

test('a user who was made at one node signs in at the other, by link and by password', async () => {
  const { left, right } = await twoNodes();
  const { token } = await left.signIn.users.create({ name: 'ann', tenant: 'acme', roles: ['reader'] }, ADMIN);
  const session = await right.signIn.setUp({ token, password: PASSWORD }, BROWSER);
  assert.is(idOf(await left.who(session.token)), 'user:local/ann');
  assert.is(await codeOf(left.signIn.setUp({ token, password: PASSWORD }, BROWSER)), 'unauthenticated');
  const again = await left.signIn.signIn({ name: 'ann', password: PASSWORD }, BROWSER);
  assert.is(idOf(await right.who(again.token)), 'user:local/ann');
  const [seen] = await right.signIn.users.list(ADMIN);
  assert.equal([seen?.id, seen?.state, seen?.sessionCount], ['user:local/ann', 'active', 2]);
  const twice = right.signIn.users.create({ name: 'ann', tenant: 'acme', roles: [] }, ADMIN);
  assert.is(await codeOf(twice), 'already_exists');
});

test('who signs out at one node is out at the other within a second', async () => {
  const { clock, left, right } = await twoNodes();
  const session = await left.localUser('ann', ['reader']);
  assert.is(idOf(await right.who(session.token)), 'user:local/ann');
  await left.signIn.signOut(false, withSession(session));
  assert.is(await left.who(session.token), 'unauthenticated', 'at once where it was said');
  await advance(clock, SECOND);
  assert.is(await right.who(session.token), 'unauthenticated');
});

test('a use of a session at the other node does not bring it back', async () => {
  const { clock, store, left, right } = await twoNodes();
  const session = await left.localUser('ann', ['reader']);
  // Past a tenth of the idleness, so that the next use is written.
  await advance(clock, 200 * SECOND);
  const use = right.who(session.token);
  await left.signIn.signOut(false, withSession(session));
  await use;
  await right.who(session.token);
  assert.equal(await store.sessions(), []);
  await advance(clock, SECOND);
  assert.is(await right.who(session.token), 'unauthenticated');
});

test('signing out everywhere ends the sessions of all nodes, also of those that one has never seen', async () => {
  const { left, right, clock } = await twoNodes();
  const first = await left.localUser('ann', ['reader']);
  const second = await right.signIn.signIn({ name: 'ann', password: PASSWORD }, BROWSER);
  await left.who(first.token);
  await left.signIn.signOut(true, withSession(first));
  await advance(clock, SECOND);
  assert.equal(
    [await right.who(second.token), await left.who(second.token)],
    ['unauthenticated', 'unauthenticated'],
  );
});

test('a user who is kept out at one node is out at the other, and cannot sign in there', async () => {
  const { clock, left, right } = await twoNodes();
  const session = await left.localUser('ann', ['reader']);
  assert.is(idOf(await right.who(session.token)), 'user:local/ann');
  await left.signIn.users.disable('user:local/ann', true, ADMIN);
  await advance(clock, SECOND);
  assert.is(await right.who(session.token), 'unauthenticated');
  const again = right.signIn.signIn({ name: 'ann', password: PASSWORD }, BROWSER);
  assert.is(await codeOf(again), 'unauthenticated');
});

test('use at one node keeps a session awake at the other; without use it ends at both', async () => {
  const { clock, store, left, right } = await twoNodes();
  const session = await left.localUser('ann', ['reader']);
  await right.who(session.token);
  for (let minute = 0; minute < 60; minute += 10) {
    await advance(clock, 600 * SECOND);
    assert.is(idOf(await left.who(session.token)), 'user:local/ann', `minute ${minute}`);
  }
  assert.is(idOf(await right.who(session.token)), 'user:local/ann', 'idle here, in use there');
  await advance(clock, 1_801 * SECOND);
  assert.equal(
    [await left.who(session.token), await right.who(session.token)],
    ['unauthenticated', 'unauthenticated'],
  );
  await advance(clock, 1_000 * SECOND);
  await right.signIn.sessions.removeEnded();
  assert.equal(await store.sessions(), []);
});

test('a code of an authenticator is taken once, whichever nodes it is shown to', async () => {
  const { clock, left, right } = await twoNodes();
  const session = await left.localUser('ann', ['operator']);
  const { secret } = await left.signIn.enrolFactor(withSession(session));
  await advance(clock, SECOND);
  await right.who(session.token);
  await right.signIn.confirmFactor(right.code(secret), withSession(session));
  await advance(clock, 60 * SECOND);
  const signIn = (rig: SignInRig) => rig.signIn.signIn({ name: 'ann', password: PASSWORD }, BROWSER);
  const [one, other] = [await signIn(left), await signIn(right)];
  assert.is(one.view.state, 'second-factor');
  // The gate has looked at the session before it comes to its second factor.
  await Promise.all([left.who(one.token), right.who(other.token)]);
  const code = left.code(secret);
  const shown = await Promise.all([
    codeOf(left.signIn.showFactor(code, withSession(one))),
    codeOf(right.signIn.showFactor(code, withSession(other))),
  ]);
  assert.equal(shown.sort(), ['none', 'unauthenticated']);
});

test('of sessions beyond those that a user may have the oldest ends, wherever it began', async () => {
  const { clock, left, right } = await twoNodes({ settings: { userSessionMaxCount: 2 } });
  const first = await left.localUser('ann', ['reader']);
  const later: string[] = [];
  for (const rig of [right, left]) {
    await advance(clock, SECOND);
    later.push((await rig.signIn.signIn({ name: 'ann', password: PASSWORD }, BROWSER)).token);
  }
  await advance(clock, SECOND);
  assert.is(await right.who(first.token), 'unauthenticated');
  for (const token of later) assert.is(idOf(await right.who(token)), 'user:local/ann');
});

test('while the store is away sessions are neither let in nor ended', async () => {
  const { clock, store, left } = await twoNodes();
  const session = await left.localUser('ann', ['reader']);
  await advance(clock, SECOND);
  const read = store.session.bind(store);
  store.session = () => Promise.reject(new WitanError('unavailable', 'the database is away'));
  assert.is(await left.who(session.token), 'unavailable');
  store.session = read;
  assert.is(idOf(await left.who(session.token)), 'user:local/ann');
});

test('one of the nodes asks the provider again, and the other takes its word', async () => {
  const provider = await LocalProvider.start();
  provider.accounts.set('alice', { name: 'Alice', tenant: 'acme', roles: ['readers'] });
  try {
    const { clock, store, left, right } = await twoNodes({
      provider,
      settings: { recheckMs: 60_000 },
      fields: { scopes: ['openid', 'profile', 'email', 'offline_access'] },
    });
    const session = await left.atProvider(provider, 'alice');
    assert.is(idOf(await right.who(session.token)), 'user:test/alice');
    let checkCount = 0;
    const change = store.changeSession.bind(store);
    store.changeSession = (digest, changed) => {
      if (changed.checkedAtWallMs !== undefined) checkCount += 1;
      return change(digest, changed);
    };
    await advance(clock, 61 * SECOND);
    const both = await Promise.all([left.who(session.token), right.who(session.token)]);
    assert.equal(both.map(idOf), ['user:test/alice', 'user:test/alice']);
    assert.is(checkCount, 1, 'a refresh token works once');
    await advance(clock, 2 * SECOND);
    assert.equal([await left.who(session.token), await right.who(session.token)].map(idOf), [
      'user:test/alice',
      'user:test/alice',
    ]);
  } finally {
    await provider.stop();
  }
});
