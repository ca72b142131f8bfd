/** Streams end with what opened them: keys, tokens, sessions, rules; what is released is forgotten. */
import { TokenVerifier } from '../../agents/platform/gate/credentials/token-verifier.ts';
import { secretDigest } from '../../agents/platform/gate/credentials/api-key.ts';
import { Gate } from '../../agents/platform/gate/gate.ts';
import { loadSettings } from '../../config/loader.ts';
import type { SettingsInput } from '../../config/schema.ts';
import { WitanError } from '../../contracts/errors.ts';
import { SimClock } from '../../runtime/kernel/index.ts';
import type { GatePass } from '../../runtime/kernel/ports/admission/gate.ts';
import type { Credentials, Principal } from '../../runtime/kernel/ports/identity.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { advance, settle } from '../sim-time.ts';
import { ELSEWHERE, GateRig, LOCAL } from './rig.ts';
import type { RigOptions } from './rig.ts';
import { makeKey, TestIssuer } from './token-issuer.ts';

const test = suite('gate: open streams', { limitMs: 20_000 });
const HOUR_MS = 3_600_000;

async function withRig(use: (rig: GateRig) => Promise<void>, options: RigOptions = {}): Promise<void> {
  const rig = await GateRig.start(options);
  try {
    await use(rig);
  } finally {
    await rig.end();
  }
}

/** Ends of one pass, by code. */
function endsOf(pass: GatePass): string[] {
  const ends: string[] = [];
  pass.onEnd((why) => {
    assert.is(why.details['wasAdmitted'], true);
    ends.push(why.code);
  });
  return ends;
}

async function openStream(
  gate: { admit: GateRig['gate']['admit'] },
  credentials: Partial<Credentials>,
): Promise<{ pass: GatePass; ends: string[] }> {
  const pass = await gate.admit({
    operation: 'decision.follow-all',
    credentials: { ...ELSEWHERE, ...credentials },
  });
  const ends = endsOf(pass);
  await settle();
  return { pass, ends };
}

test('a revoked key ends its streams before the answer, and no others', () =>
  withRig(async (rig) => {
    const [one, two] = [await rig.keyFor(['decision:read']), await rig.keyFor(['decision:read'])];
    const first = await openStream(rig.gate, { apiKey: one.text });
    const second = await openStream(rig.gate, { apiKey: two.text });
    const own = await rig.gate.admit({ operation: 'actor.watch', credentials: { door: 'cli' } });
    const ownEnds = endsOf(own);
    await rig.change({ type: 'revoke-key', by: LOCAL, id: one.record.id, reason: 'lost' });
    assert.equal([first.ends, second.ends, ownEnds], [['unauthenticated'], [], []]);
    assert.is(rig.gate.watchedCount, 2);
    await settle();
    const denials = (await rig.entries('event')).filter(({ by }) => by === `key:${one.record.id}`);
    assert.equal(
      denials.map(({ operation, code }) => [operation, code]),
      [['decision.follow-all', 'unauthenticated']],
    );
    for (const { pass } of [first, second]) pass.release();
    own.release();
    assert.equal([rig.gate.watchedCount, rig.gate.openCount, rig.gate.streamHolderCount], [0, 0, 0]);
  }));

test('a key that was revoked between admission and the question for its end is told of at once', () =>
  withRig(async (rig) => {
    const { text, record } = await rig.keyFor(['decision:read']);
    const pass = await rig.admit('decision.follow-all', { ...ELSEWHERE, apiKey: text });
    await rig.change({ type: 'revoke-key', by: LOCAL, id: record.id, reason: 'lost' });
    const ends = endsOf(pass);
    assert.equal(ends, []);
    await settle();
    assert.equal(ends, ['unauthenticated']);
  }));

test('a rotated key ends its streams when its grace is over, to the millisecond', () =>
  withRig(async (rig) => {
    const old = await rig.keyFor(['decision:read']);
    const stream = await openStream(rig.gate, { apiKey: old.text });
    const made = await rig.make({ type: 'rotate-key', by: LOCAL, id: old.record.id, graceMs: 90_000 });
    const successor = await openStream(rig.gate, { apiKey: made.text });
    await rig.pass(89_999);
    assert.equal(stream.ends, []);
    await rig.pass(1);
    assert.equal([stream.ends, successor.ends], [['unauthenticated'], []]);
  }));

test('a key that expires ends its streams although nothing else happens', () =>
  withRig(async (rig) => {
    const request = { tenant: 'acme', scopes: ['decision:read'], lifeDays: 1 };
    const { text } = await rig.make({ type: 'create-key', by: LOCAL, request });
    const { ends } = await openStream(rig.gate, { apiKey: text });
    await rig.pass(24 * HOUR_MS - 1);
    assert.equal(ends, []);
    await rig.pass(1);
    assert.equal(ends, ['unauthenticated']);
    assert.is(rig.gate.watchedCount, 0);
  }));

test('a stream that was released hears nothing, and a second listener replaces the first', () =>
  withRig(async (rig) => {
    const { text, record } = await rig.keyFor(['decision:read']);
    const gone = await openStream(rig.gate, { apiKey: text });
    gone.pass.release();
    gone.pass.release();
    gone.pass.onEnd(() => gone.ends.push('late'));
    const replaced = await openStream(rig.gate, { apiKey: text });
    const ends = endsOf(replaced.pass);
    await settle();
    assert.is(rig.gate.watchedCount, 1);
    await rig.change({ type: 'revoke-key', by: LOCAL, id: record.id, reason: 'lost' });
    await settle();
    assert.equal([gone.ends, replaced.ends, ends], [[], [], ['unauthenticated']]);
  }));

test('a listener that throws keeps no other stream open', () =>
  withRig(async (rig) => {
    const { text, record } = await rig.keyFor(['decision:read']);
    const bad = await rig.admit('decision.follow-all', { ...ELSEWHERE, apiKey: text });
    bad.onEnd(() => {
      throw new Error('a door that is broken');
    });
    const { ends } = await openStream(rig.gate, { apiKey: text });
    await rig.change({ type: 'revoke-key', by: LOCAL, id: record.id, reason: 'lost' });
    assert.equal(ends, ['unauthenticated']);
  }));

test('a rule of hours ends streams within a minute of its hour', () =>
  withRig(
    async (rig) => {
      const { text } = await rig.keyFor(['decision:read']);
      const untilNightMs = 20 * HOUR_MS - (rig.clock.wallMs() % (24 * HOUR_MS));
      await rig.pass(Math.max(0, untilNightMs - HOUR_MS));
      const { ends } = await openStream(rig.gate, { apiKey: text });
      await rig.pass(HOUR_MS - 1);
      assert.equal(ends, []);
      await rig.pass(60_001);
      assert.equal(ends, ['permission_denied']);
    },
    {
      settings: {
        identity: { rules: [{ id: 'night', effect: 'deny', hours: { from: '20:00', to: '23:59' } }] },
      },
    },
  ));

test('a stopped gate ends every stream, a restarted one none', () =>
  withRig(async (rig) => {
    const { text, record } = await rig.keyFor(['decision:read']);
    const { ends } = await openStream(rig.gate, { apiKey: text });
    rig.system.restart('/gate');
    await rig.refresh();
    assert.equal(ends, []);
    const other = await openStream(rig.gate, { apiKey: text });
    await rig.change({ type: 'revoke-key', by: LOCAL, id: record.id, reason: 'lost' });
    assert.equal([ends, other.ends], [['unauthenticated'], ['unauthenticated']]);
    const last = await rig.gate.admit({ operation: 'actor.watch', credentials: { door: 'cli' } });
    const lastEnds = endsOf(last);
    await rig.system.stopActor('/gate');
    assert.equal(lastEnds, ['unavailable']);
  }));

const UNLIMITED = { ipRequestMaxCount: 1_000_000, keyRequestMaxCount: 1_000_000 };
const STILL = { onDenial: () => undefined, onKeyUsed: () => undefined, onCreditsUsed: () => undefined };

class TokenWorld {
  readonly clock = new SimClock();
  readonly issuer = new TestIssuer();
  readonly gate: Gate;

  constructor(identity: SettingsInput['identity'] = {}) {
    const { clock, issuer } = this;
    const code = { identity: { issuers: [issuer.settings()], ...identity }, admission: UNLIMITED };
    const { settings } = loadSettings({ code });
    const tokens = new TokenVerifier({ settings: settings.identity, clock, http: issuer });
    this.gate = new Gate({ settings, clock, tokens, secretBytes: (count) => new Uint8Array(count) });
    this.gate.open(STILL);
  }
}

const FIRST = await makeKey('first');
const SECOND = await makeKey('second');

test('a token ends its streams at its exp and leeway, also when it left the cache', async () => {
  for (const cacheMaxCount of [1, 10_000]) {
    const world = new TokenWorld({ cacheMaxCount });
    world.issuer.keys = [FIRST.jwk];
    const token = await world.issuer.token(FIRST, world.clock.wallMs());
    const { ends } = await openStream(world.gate, { bearerToken: token });
    const other = await world.issuer.token(FIRST, world.clock.wallMs(), { claims: { sub: 'bob', exp: 9e9 } });
    const kept = await openStream(world.gate, { bearerToken: other });
    const exp = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number };
    await advance(world.clock, exp.exp * 1_000 + 30_000 - world.clock.wallMs() - 1);
    assert.equal(ends, []);
    await advance(world.clock, 1);
    // A token that left the cache is verified anew, which takes real time.
    while (ends.length === 0) await settle();
    assert.equal([ends, kept.ends], [['unauthenticated'], []]);
    assert.ok(world.clock.nextDueMs() !== undefined);
    kept.pass.release();
    assert.equal([world.gate.watchedCount, world.clock.nextDueMs()], [0, undefined], 'no timer is left');
  }
});

test('a token whose key its issuer withdrew ends its streams when the keys are read again', async () => {
  const world = new TokenWorld({ keySetMaxAgeMs: 600_000 });
  world.issuer.keys = [FIRST.jwk, SECOND.jwk];
  const claims = { exp: 9e9 };
  const [first, second] = [
    await world.issuer.token(FIRST, world.clock.wallMs(), { claims }),
    await world.issuer.token(SECOND, world.clock.wallMs(), { claims }),
  ];
  const old = await openStream(world.gate, { bearerToken: first });
  const young = await openStream(world.gate, { bearerToken: second });
  world.issuer.keys = [SECOND.jwk];
  await advance(world.clock, 590_000);
  assert.equal([old.ends, young.ends], [[], []]);
  await advance(world.clock, 100_000);
  assert.equal([old.ends, young.ends], [['unauthenticated'], []]);
  assert.is(world.issuer.readCount, 2);
});

test('an issuer that is silent ends no stream of a token that still lasts', async () => {
  const world = new TokenWorld({ keySetMaxAgeMs: 60_000 });
  world.issuer.keys = [FIRST.jwk];
  const token = await world.issuer.token(FIRST, world.clock.wallMs(), { claims: { exp: 9e9 } });
  const { ends } = await openStream(world.gate, { bearerToken: token });
  world.issuer.isDown = true;
  await advance(world.clock, HOUR_MS);
  assert.equal(ends, []);
});

test('an identity port of the embedder is asked each minute; what it takes away ends the stream', async () => {
  const { settings } = loadSettings({ code: { admission: UNLIMITED } });
  const clock = new SimClock();
  let answer: () => Principal = () => principal;
  const scopes = ['decision:read', 'operator:read'];
  const principal: Principal = { id: 'user:alice', tenant: 'acme', scopes };
  const foreignIdentity = { authenticate: async () => answer() };
  const gate = new Gate({ settings, clock, foreignIdentity, secretBytes: (count) => new Uint8Array(count) });
  gate.open(STILL);
  const lost = await openStream(gate, {});
  answer = () => {
    throw new Error('the directory is down');
  };
  await advance(clock, 120_000);
  assert.equal(lost.ends, []);
  answer = () => ({ ...principal, scopes: ['decision:read'] });
  await advance(clock, 60_000);
  assert.equal(lost.ends, ['permission_denied']);
  const out = await openStream(gate, {});
  answer = () => {
    throw new WitanError('unauthenticated', 'gone');
  };
  await advance(clock, 60_000);
  assert.equal(out.ends, ['unauthenticated']);
  answer = () => principal;
  const silent = await openStream(gate, {});
  answer = () => {
    throw new Error('the directory is down');
  };
  await advance(clock, HOUR_MS);
  assert.equal(silent.ends, ['internal'], 'silence is borne for fifteen minutes');
});

test('a caller and an address hold so many streams and no more; each release makes room', () =>
  withRig(
    async (rig) => {
      const [one, two] = [await rig.keyFor(['decision:read']), await rig.keyFor(['decision:read'])];
      const at = (address: string, apiKey: string): Promise<GatePass> =>
        rig.admit('decision.follow-all', { door: 'http', remoteAddress: address, apiKey });
      const first = await at('203.0.113.7', one.text);
      await at('203.0.113.8', one.text);
      const byCaller = await assertFails(() => at('203.0.113.9', one.text), 'rate_limited');
      assert.equal([byCaller.details['holder'], byCaller.details['limit']], ['caller', 2]);
      await rig.admit('decision.read', { ...ELSEWHERE, apiKey: one.text });
      await at('203.0.113.7', two.text);
      first.release();
      first.release();
      await at('203.0.113.7', one.text);
      const byAddress = await assertFails(() => at('203.0.113.7', two.text), 'rate_limited');
      assert.is(byAddress.details['holder'], 'address');
      const watched = { operation: 'health.read', staysOpen: true } as const;
      assert.throws(() => rig.gate.admit({ ...watched, credentials: ELSEWHERE }), /address holds too many/);
      rig.gate.admit({ operation: 'health.read', credentials: ELSEWHERE });
      await settle();
      const denials = (await rig.entries('event')).filter((entry) => entry['code'] === 'rate_limited');
      assert.ok(denials.length >= 2);
    },
    { settings: { admission: { callerStreamMaxCount: 2, addressStreamMaxCount: 2 } } },
  ));

test('this machine is not limited, unless the settings say so; a /64 is one address', () =>
  withRig(
    async (rig) => {
      const own = { door: 'http', remoteAddress: '127.0.0.1' } as const;
      for (let count = 0; count < 5; count += 1) await rig.admit('decision.follow-all', own);
      const { text } = await rig.keyFor(['decision:read']);
      await rig.admit('decision.follow-all', { door: 'grpc', remoteAddress: '2001:db8::1', apiKey: text });
      await assertFails(
        () => rig.admit('decision.follow-all', { door: 'grpc', remoteAddress: '2001:db8::2', apiKey: text }),
        'rate_limited',
      );
    },
    { settings: { admission: { addressStreamMaxCount: 1 } } },
  ));

test('a configured certificate goes on, and a digest that is gone ends', () =>
  withRig(
    async (rig) => {
      const pass = await rig.admit('agent.serve', { ...ELSEWHERE, certificateDigest: 'ab'.repeat(32) });
      const ends = endsOf(pass);
      await rig.pass(HOUR_MS);
      assert.equal(ends, []);
      rig.gate.use({ ...rig.gate.snapshot, certificates: new Map() });
      assert.equal(ends, ['unauthenticated']);
    },
    {
      settings: {
        identity: {
          apiKeys: [{ digest: `sha256:${secretDigest('x')}`, id: 'x', tenant: 'acme', scopes: [] }],
          certificates: [
            { digest: `sha256:${'ab'.repeat(32)}`, id: 'edge', tenant: 'acme', roles: ['agent'] },
          ],
        },
      },
    },
  ));
