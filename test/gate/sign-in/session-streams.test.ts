/** Streams of people who are signed in end with their session: by word, by time, by their provider. */
import type { NewSession } from '../../../runtime/kernel/ports/sign-in/sign-in.ts';
import { assert, suite } from '../../harness.ts';
import { advance, settle } from '../../sim-time.ts';
import { LocalProvider } from './local-provider.ts';
import { ADMIN, SignInRig, withSession } from './rig.ts';

const test = suite('sessions: streams', { limitMs: 60_000 });
const MINUTE_MS = 60_000;
let provider: LocalProvider;

test.before(async () => {
  provider = await LocalProvider.start();
});
test.after(() => provider.stop());

/** Codes with which a stream of a session ends. */
async function openStream(rig: SignInRig, { token }: NewSession): Promise<string[]> {
  const credentials = { door: 'http', remoteAddress: '203.0.113.7', sessionToken: token } as const;
  const pass = await rig.gate.admit({ operation: 'decision.follow-all', credentials });
  const ends: string[] = [];
  pass.onEnd(({ code }) => {
    ends.push(code);
    pass.release();
  });
  await settle();
  return ends;
}

test('signing out ends the streams of that session, signing out everywhere those of all', async () => {
  const rig = await SignInRig.start({ settings: { recheckMs: 0 } });
  const [ann, bob] = [await rig.localUser('ann', ['reader']), await rig.localUser('bob', ['reader'])];
  const [annEnds, bobEnds] = [await openStream(rig, ann), await openStream(rig, bob)];
  await rig.signIn.signOut(false, withSession(ann));
  assert.equal([annEnds, bobEnds], [['unauthenticated'], []]);
  await rig.signIn.signOut(true, withSession(bob));
  assert.equal(bobEnds, ['unauthenticated']);
  assert.equal([rig.gate.watchedCount, rig.gate.streamHolderCount], [0, 0]);
});

test('a user who is kept out is out of every stream at once', async () => {
  const rig = await SignInRig.start({ settings: { recheckMs: 0 } });
  const ann = await rig.localUser('ann', ['reader']);
  const streams = [await openStream(rig, ann), await openStream(rig, ann)];
  await rig.signIn.users.disable('user:local/ann', true, ADMIN);
  assert.equal(streams, [['unauthenticated'], ['unauthenticated']]);
});

test('an open stream is no use of its session: it ends with the time of idleness, a call moves that', async () => {
  const rig = await SignInRig.start({ settings: { recheckMs: 0 } });
  const [idle, busy] = [await rig.localUser('ann', ['reader']), await rig.localUser('bob', ['reader'])];
  const [idleEnds, busyEnds] = [await openStream(rig, idle), await openStream(rig, busy)];
  await advance(rig.clock, 20 * MINUTE_MS);
  await rig.who(busy.token);
  await advance(rig.clock, 10 * MINUTE_MS - 1);
  assert.equal([idleEnds, busyEnds], [[], []]);
  await advance(rig.clock, 1);
  assert.equal([idleEnds, busyEnds], [['unauthenticated'], []]);
  await advance(rig.clock, 20 * MINUTE_MS);
  assert.equal(busyEnds, ['unauthenticated']);
});

test('the provider is asked for an open stream as for a call, and what it takes away ends the stream', async () => {
  const account = {
    name: 'Alice',
    email: 'alice@acme.example',
    email_verified: true,
    tenant: 'acme',
    roles: ['readers', 'submitters'],
    groups: ['staff'],
  };
  provider.accounts.set('alice', account);
  const rig = await SignInRig.start({ provider });
  const ends = await openStream(rig, await rig.atProvider(provider, 'alice'));
  provider.accounts.get('alice')!.roles = ['readers'];
  await advance(rig.clock, 5 * MINUTE_MS - 1);
  assert.equal(ends, []);
  await advance(rig.clock, 1);
  // The provider answers over a real socket.
  while (ends.length === 0) await settle();
  assert.equal(ends, ['permission_denied']);
});
