/** Tokens at the gate: right ones are let in, forged ones never, and rotation of keys refuses nobody. */
import { createHmac, createPublicKey } from 'node:crypto';
import { UnsecuredJWT } from 'jose';
import { TokenVerifier } from '../../agents/platform/gate/credentials/token-verifier.ts';
import { loadSettings } from '../../config/loader.ts';
import { SimClock } from '../../runtime/kernel/index.ts';
import type { GatePass } from '../../runtime/kernel/ports/admission/gate.ts';
import { Gate } from '../../agents/platform/gate/gate.ts';
import { assertFails } from '../conformance/fixture.ts';
import { makeKey, TestIssuer } from '../gate/token-issuer.ts';
import { ELSEWHERE } from '../gate/rig.ts';
import { advance } from '../sim-time.ts';
import { assert, suite } from '../harness.ts';

const test = suite('gate: tokens', { limitMs: 20_000 });

class World {
  readonly clock = new SimClock();
  readonly issuer = new TestIssuer();
  readonly verifier: TokenVerifier;
  readonly gate: Gate;

  constructor(fields: Parameters<TestIssuer['settings']>[0] = {}, identity: Record<string, unknown> = {}) {
    const { settings } = loadSettings({
      code: {
        identity: { issuers: [this.issuer.settings(fields)], ...identity },
        admission: { ipRequestMaxCount: 1_000_000, keyRequestMaxCount: 1_000_000 },
      },
    });
    const { clock } = this;
    this.verifier = new TokenVerifier({ settings: settings.identity, clock, http: this.issuer });
    this.gate = new Gate({
      settings,
      clock,
      secretBytes: (count) => new Uint8Array(count),
      tokens: this.verifier,
    });
    this.gate.open({ onDenial: () => undefined, onKeyUsed: () => undefined, onCreditsUsed: () => undefined });
  }

  async admit(bearerToken: string): Promise<GatePass> {
    return this.gate.admit({ operation: 'decision.read', credentials: { ...ELSEWHERE, bearerToken } });
  }

  get now(): number {
    return this.clock.wallMs();
  }
}

const ES = await makeKey('es-1');
const RS = await makeKey('rs-1', 'RS256');

test('RS256 and ES256 tokens stand for their subject, tenant and mapped scopes', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk, RS.jwk];
  for (const key of [ES, RS]) {
    const { principal } = await world.admit(await world.issuer.token(key, world.now));
    assert.equal(principal, {
      id: 'user:test/alice@example.org',
      tenant: 'acme',
      scopes: ['decision:read'],
    });
  }
  assert.is(world.issuer.readCount, 1);
});

test('a token that was verified before is admitted in the same turn, until it ends', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk];
  const token = await world.issuer.token(ES, world.now);
  await world.admit(token);
  const call = {
    operation: 'decision.read',
    credentials: { ...ELSEWHERE, bearerToken: token },
  } as const;
  assert.not.ok(world.gate.admit(call) instanceof Promise);
  await advance(world.clock, 300_000 + 29_000);
  assert.not.ok(world.gate.admit(call) instanceof Promise);
  await advance(world.clock, 2_000);
  const error = await assertFails(() => world.admit(token), 'unauthenticated');
  assert.match(error.message, /expired/);
});

test('wrong claims are refused', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk];
  const now = Math.floor(world.now / 1_000);
  const wrong: Record<string, unknown>[] = [
    { aud: 'another' },
    { aud: undefined },
    { iss: 'https://evil.test' },
    { iss: undefined },
    { exp: undefined },
    { exp: now - 31 },
    { nbf: now + 31 },
    { sub: undefined },
    { sub: '' },
    { sub: 'x'.repeat(201) },
    { tenant: undefined },
    { tenant: 'system' },
    { tenant: 'anonymous' },
    { tenant: 'Not A Tenant' },
    { tenant: ['acme'] },
  ];
  for (const claims of wrong) {
    const token = await world.issuer.token(ES, world.now, { claims });
    await assertFails(() => world.admit(token), 'unauthenticated');
  }
  for (const claims of [{ exp: now - 29 }, { nbf: now + 29 }, { aud: ['other', 'nethical-api'] }]) {
    await world.admit(await world.issuer.token(ES, world.now, { claims }));
  }
  assert.is(world.verifier.size, 3, 'what was refused is not remembered');
});

test('forged tokens are refused: no algorithm, a public key as secret, another algorithm, other keys', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk, RS.jwk];
  const right = await world.issuer.token(RS, world.now);
  const [head, body, signature] = right.split('.') as [string, string, string];
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const pem = createPublicKey({ key: RS.jwk as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  const hmac = (secret: string | Buffer): string => {
    const signed = `${encode({ alg: 'HS256', kid: 'rs-1' })}.${body}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const stranger = await makeKey('es-1');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  const forged = [
    new UnsecuredJWT(claims).encode(),
    `${encode({ alg: 'none' })}.${body}.`,
    `${encode({ alg: 'nOnE' })}.${body}.`,
    hmac(pem),
    hmac(Buffer.from(RS.jwk.n!, 'base64url')),
    `${encode({ alg: 'RS512', kid: 'rs-1' })}.${body}.${signature}`,
    `${encode({ alg: 'PS256', kid: 'rs-1' })}.${body}.${signature}`,
    `${encode({ alg: 'ES256', kid: 'rs-1' })}.${body}.${signature}`,
    `${encode({ alg: 'RS256', kid: 'es-1' })}.${body}.${signature}`,
    `${head}.${encode({ ...claims, tenant: 'other' })}.${signature}`,
    `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    `${head}.${body}.`,
    await world.issuer.token(stranger, world.now),
    await world.issuer.token(stranger, world.now, {
      header: { jwk: stranger.jwk, jku: 'https://evil.test/keys', x5u: 'https://evil.test/cert' },
    }),
    await world.issuer.token(ES, world.now, { header: { kid: '../../etc/passwd' } }),
    await world.issuer.token(ES, world.now, { header: { kid: '__proto__' } }),
    await world.issuer.token(ES, world.now, { header: { crit: ['exp'], exp: 1 } }).catch(() => 'a.b.c'),
    `${encode({ alg: ['RS256'], kid: 'rs-1' })}.${body}.${signature}`,
    `${encode({ alg: 'constructor' })}.${body}.${signature}`,
    'e30.e30.e30',
    '....',
    `${right}.${signature}`,
  ];
  for (const token of forged) await assertFails(() => world.admit(token), 'unauthenticated');
  assert.is(world.verifier.size, 0);
});

test('a token without a name of its key is taken where there is only one that fits', async () => {
  const world = new World();
  const second = await makeKey('es-2');
  world.issuer.keys = [ES.jwk, RS.jwk];
  const nameless = await world.issuer.token(ES, world.now, { header: { kid: undefined } });
  await world.admit(nameless);
  world.issuer.keys = [ES.jwk, second.jwk];
  await advance(world.clock, 600_001);
  await world.issuer.before;
  await assertFails(async () => {
    await world.admit(await world.issuer.token(second, world.now));
    await world.admit(nameless);
  }, 'unauthenticated');
});

test('where a token names another place for its keys, nothing is asked there', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk];
  const stranger = await makeKey('new');
  const urls: string[] = [];
  const { send } = world.issuer;
  world.issuer.send = async (...request: unknown[]) => {
    urls.push((request[0] as { url: string }).url);
    return send.call(world.issuer);
  };
  const token = await world.issuer.token(stranger, world.now, { header: { jku: 'https://evil.test/keys' } });
  await assertFails(() => world.admit(token), 'unauthenticated');
  assert.equal([...new Set(urls)], [world.issuer.url]);
});

test('private and symmetric keys in a key set are not used', async () => {
  const world = new World();
  const secret = Buffer.alloc(32, 7);
  const oct = { kty: 'oct', k: secret.toString('base64url'), kid: 'oct', alg: 'HS256' };
  world.issuer.keys = [oct, { ...ES.jwk, d: 'AAAA' }, { ...ES.jwk, use: 'enc' }, RS.jwk];
  await assertFails(async () => world.admit(await world.issuer.token(ES, world.now)), 'unauthenticated');
  await world.admit(await world.issuer.token(RS, world.now));
});

test('a token that is too long is refused unread', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk];
  const token = await world.issuer.token(ES, world.now, { claims: { pad: 'x'.repeat(9_000) } });
  await assertFails(() => world.admit(token), 'unauthenticated');
  assert.is(world.issuer.readCount, 0);
});

test('scopes and roles that no setting names allow nothing', async () => {
  const world = new World({
    scopes: { 'nethical:read': ['decision:read'] },
    roles: { boss: 'operator' },
    rolesClaim: 'realm_access.roles',
  });
  world.issuer.keys = [ES.jwk];
  const token = (claims: Record<string, unknown>): Promise<string> =>
    world.issuer.token(ES, world.now, { claims });
  for (const scope of ['identity:admin', 'decision:read', 'constructor __proto__', ['operator:act'], 7]) {
    const given = await token({ scope });
    await assertFails(() => world.admit(given), 'permission_denied');
  }
  const roles = ['boss', 'administrator', 'constructor'];
  const { principal } = await world.admit(await token({ scope: '', realm_access: { roles } }));
  assert.equal(principal.scopes, ['decision:read', 'operator:read', 'operator:act', 'log:read']);
});

test('a key that is not known makes the set be read once, however many ask, and then not for a while', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk];
  await world.admit(await world.issuer.token(ES, world.now));
  await advance(world.clock, 60_000);
  const fresh = await makeKey('es-2');
  world.issuer.keys = [ES.jwk, fresh.jwk];
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      world.issuer.token(fresh, world.now, { claims: { sub: `user-${at}` } }),
    ),
  );
  await Promise.all(tokens.map((token) => world.admit(token)));
  assert.is(world.issuer.readCount, 2);
  for (let at = 0; at < 50; at += 1) {
    const stranger = await world.issuer.token(ES, world.now, { header: { kid: `guess-${at}` } });
    await assertFails(() => world.admit(stranger), 'unauthenticated');
  }
  assert.is(world.issuer.readCount, 2);
});

test('a withdrawn key ends what it signed as soon as the set is read', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk, RS.jwk];
  const old = await world.issuer.token(ES, world.now, { claims: { exp: world.now / 1_000 + 86_400 } });
  await world.admit(old);
  world.issuer.keys = [RS.jwk];
  await advance(world.clock, 600_001);
  await world.admit(await world.issuer.token(RS, world.now));
  await new Promise((resolve) => setImmediate(resolve));
  await assertFails(() => world.admit(old), 'unauthenticated');
});

test('an issuer that does not answer refuses nobody that its known keys admit, but not for ever', async () => {
  const world = new World();
  world.issuer.keys = [ES.jwk];
  await world.admit(await world.issuer.token(ES, world.now));
  world.issuer.isDown = true;
  await advance(world.clock, 3_600_000);
  await world.admit(await world.issuer.token(ES, world.now, { claims: { sub: 'bob' } }));
  await advance(world.clock, 3_600_000);
  const late = await world.issuer.token(ES, world.now, { claims: { sub: 'carol' } });
  await assertFails(() => world.admit(late), 'unavailable');
});

test('keys in the settings need no address', async () => {
  const world = new World({ keysUrl: undefined, keys: [ES.jwk as Record<string, never>] });
  await world.admit(await world.issuer.token(ES, world.now));
  await assertFails(async () => world.admit(await world.issuer.token(RS, world.now)), 'unauthenticated');
  assert.is(world.issuer.readCount, 0);
});

test('remembered tokens are bounded', async () => {
  const world = new World({}, { cacheMaxCount: 3 });
  world.issuer.keys = [ES.jwk];
  for (let at = 0; at < 10; at += 1) {
    await world.admit(await world.issuer.token(ES, world.now, { claims: { sub: `user-${at}` } }));
  }
  assert.is(world.verifier.size, 3);
});
