/** What every store of users and sessions must do. */
import type {
  SessionRecord,
  SignInStorePort,
  UserRecord,
} from '../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, withPort } from './fixture.ts';
import type { MakePort } from './fixture.ts';

/** A user that a test stores; `at` tells users apart. */
export function userRecord(at: number, fields: Partial<UserRecord> = {}): UserRecord {
  return {
    id: `user:local/ann-${at}`,
    tenant: 'acme',
    roles: ['reader'],
    createdAtWallMs: 1_000 + at,
    disabledAtWallMs: null,
    password: null,
    setUp: { digest: at.toString(16).padStart(64, 'a'), endsAtWallMs: 9_000 },
    factor: null,
    revision: 0,
    ...fields,
  };
}

/** A session that a test stores; `at` tells sessions apart. */
export function sessionRecord(at: number, fields: Partial<SessionRecord> = {}): SessionRecord {
  return {
    digest: at.toString(16).padStart(64, '0'),
    userId: 'user:local/ann-1',
    tenant: 'acme',
    scopes: ['decision:read'],
    factor: 'not-needed',
    beganAtWallMs: 1_000 + at,
    endsAtWallMs: 9_000 + at,
    seenAtWallMs: 1_000 + at,
    checkedAtWallMs: 1_000 + at,
    sealed: 'c2VhbGVk',
    ...fields,
  };
}

/** Declares the suite for one implementation. */
export function signInStoreConformance(name: string, makePort: MakePort<SignInStorePort>): void {
  const test = suite(`sign-in store conformance: ${name}`, { limitMs: 30_000 });
  const check = (title: string, body: (store: SignInStorePort) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('users come back as they were stored', async (store) => {
    assert.equal([await store.users(), await store.userCount()], [[], 0]);
    const plain = userRecord(1);
    const rich = userRecord(2, {
      id: 'user:corp/Ünïcode "2" \\ ?/x',
      roles: [],
      disabledAtWallMs: 4_000,
      password: '$scrypt$17$abc',
      setUp: null,
      factor: { sealed: 'c2VjcmV0', confirmedAtWallMs: 3_000, lastStep: 55_000_000, recovery: ['a', 'b'] },
    });
    await store.putUser(plain);
    await store.putUser(rich);
    assert.equal(await store.users(), [plain, rich]);
    assert.equal(await store.user(rich.id), rich);
    assert.is(await store.user('user:local/nobody'), undefined);
    assert.is(await store.userCount(), 2);
  });

  check('a user is found by the digest of a set-up token, while there is one', async (store) => {
    const user = userRecord(1);
    await store.putUser(user);
    assert.equal(await store.userOfSetUp(user.setUp!.digest), user);
    assert.is(await store.userOfSetUp('b'.repeat(64)), undefined);
    await store.putUser({ ...user, setUp: null, password: 'x', revision: 1 });
    assert.is(await store.userOfSetUp(user.setUp!.digest), undefined);
  });

  check('a user follows the revision before, and no other', async (store) => {
    const user = userRecord(1);
    await assertFails(() => store.putUser({ ...user, revision: 1 }), 'stale_writer');
    await store.putUser(user);
    await assertFails(() => store.putUser(user), 'stale_writer');
    await assertFails(() => store.putUser({ ...user, revision: 2 }), 'stale_writer');
    await store.putUser({ ...user, tenant: 'other', revision: 1 });
    assert.equal(await store.user(user.id), { ...user, tenant: 'other', revision: 1 });
  });

  check('of changes made at once to one revision one counts', async (store) => {
    const user = userRecord(1);
    await store.putUser(user);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, at) => store.putUser({ ...user, roles: [`r${at}`], revision: 1 })),
    );
    const won = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []));
    assert.is(won.length, 1);
    assert.equal((await store.user(user.id))!.roles, [`r${won[0]}`]);
  });

  check('sessions come back as they were stored, and a digest stands for one', async (store) => {
    assert.equal([await store.sessions(), await store.sessionCount()], [[], 0]);
    const first = sessionRecord(1);
    const second = sessionRecord(2, { userId: 'user:corp/b', scopes: [], factor: 'needed', tenant: 'other' });
    await store.addSession(first);
    await store.addSession(second);
    await assertFails(() => store.addSession({ ...second, userId: first.userId }), 'already_exists');
    assert.equal(await store.sessions(), [first, second]);
    assert.equal(await store.session(second.digest), second);
    assert.is(await store.session(sessionRecord(3).digest), undefined);
    assert.is(await store.sessionCount(), 2);
  });

  check('sessions of a user come oldest first', async (store) => {
    await store.addSession(sessionRecord(3));
    await store.addSession(sessionRecord(1));
    await store.addSession(sessionRecord(2, { userId: 'user:corp/b' }));
    assert.equal(await store.sessionsOf('user:local/ann-1'), [sessionRecord(1), sessionRecord(3)]);
    assert.equal(await store.sessionsOf('user:corp/c'), []);
  });

  check('a change leaves the rest, and the time of use never goes back', async (store) => {
    const { digest } = sessionRecord(1);
    await store.addSession(sessionRecord(1));
    assert.is(await store.changeSession(digest, { seenAtWallMs: 5_000 }), true);
    assert.is(await store.changeSession(digest, { seenAtWallMs: 3_000 }), true);
    assert.equal(await store.session(digest), sessionRecord(1, { seenAtWallMs: 5_000 }));
    const checked = { scopes: [], sealed: 'YW5vdGhlcg', checkedAtWallMs: 6_000 };
    assert.is(await store.changeSession(digest, checked), true);
    assert.equal(await store.session(digest), sessionRecord(1, { seenAtWallMs: 5_000, ...checked }));
  });

  check('what ended stays ended: no change brings a session back', async (store) => {
    const { digest } = sessionRecord(1);
    await store.addSession(sessionRecord(1));
    assert.is(await store.removeSession(digest), true);
    assert.is(await store.removeSession(digest), false);
    assert.is(await store.changeSession(digest, { seenAtWallMs: 5_000 }), false);
    assert.is(await store.claimCheck(digest, 1_001), false);
    assert.is(await store.session(digest), undefined);
  });

  check(
    'of nodes that want to check a session at once one may, and again after the next check',
    async (store) => {
      const { digest, checkedAtWallMs } = sessionRecord(1);
      await store.addSession(sessionRecord(1));
      const claims = await Promise.all([1, 2, 3].map(() => store.claimCheck(digest, checkedAtWallMs)));
      assert.is(claims.filter(Boolean).length, store.isShared ? 1 : 3);
      await store.changeSession(digest, { checkedAtWallMs: 2_000 });
      assert.is(await store.claimCheck(digest, checkedAtWallMs), false, 'it was checked meanwhile');
      assert.is(await store.claimCheck(digest, 2_000), true);
    },
  );

  check('sessions that have ended by time are taken out', async (store) => {
    await store.addSession(sessionRecord(1, { endsAtWallMs: 5_000, seenAtWallMs: 4_900 }));
    await store.addSession(sessionRecord(2, { endsAtWallMs: 9_000, seenAtWallMs: 3_000 }));
    const lasting = sessionRecord(3, { endsAtWallMs: 5_001, seenAtWallMs: 3_001 });
    await store.addSession(lasting);
    await store.removeEnded({ endedAtWallMs: 5_000, seenAtWallMs: 3_000 });
    assert.equal(await store.sessions(), [lasting]);
  });

  check('the key that seals has 32 bytes and stays the same', async (store) => {
    const key = await store.sealKey();
    assert.is(key.length, 32);
    assert.equal(await store.sealKey(), key);
  });

  check('closing twice is harmless, and nothing is taken afterwards', async (store) => {
    await store.close();
    await store.close();
    await assertFails(() => store.putUser(userRecord(1)), 'unavailable');
    await assertFails(() => store.addSession(sessionRecord(1)), 'unavailable');
    await assertFails(() => store.sealKey(), 'unavailable');
  });
}
