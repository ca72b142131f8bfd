/** The gate and its actor together: who is let in, for what, and what is recorded of those who are not. */
import { suite, assert } from '../harness.ts';
import { assertFails } from '../conformance/fixture.ts';
import { secretDigest } from '../../agents/platform/gate/credentials/api-key.ts';
import { WitanError } from '../../contracts/errors.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import type { OperationName } from '../../contracts/operations.ts';
import { withAppend } from '../../runtime/kernel/ports/ledger.ts';
import { ELSEWHERE, GateRig, LOCAL } from './rig.ts';
import type { RigOptions } from './rig.ts';

const test = suite('gate');

async function withRig(use: (rig: GateRig) => Promise<void>, options: RigOptions = {}): Promise<void> {
  const rig = await GateRig.start(options);
  try {
    await use(rig);
  } finally {
    await rig.end();
  }
}

const NAMES = Object.keys(OPERATIONS) as OperationName[];

test('without an identity only this machine is served, and the refusal says so', () =>
  withRig(async (rig) => {
    for (const operation of NAMES) {
      for (const own of [
        { door: 'embedded' },
        { door: 'cli' },
        { door: 'http', remoteAddress: '127.0.0.1' },
        { door: 'grpc', remoteAddress: '::ffff:127.0.0.2' },
      ] as const) {
        const pass = await rig.admit(operation, own);
        assert.is(pass.principal.id, 'local');
        assert.is(pass.principal.tenant, 'local');
        pass.release();
      }
      for (const other of [ELSEWHERE, { door: 'http' }, { door: 'nats' }] as const) {
        if (OPERATIONS[operation].scope === null) {
          assert.is((await rig.admit(operation, other)).principal.id, 'anonymous');
          continue;
        }
        const error = await assertFails(() => rig.admit(operation, other), 'unauthenticated');
        assert.match(error.message, /only this machine/);
      }
    }
  }));

test('loopback that is not trusted is nobody', () =>
  withRig(
    async (rig) => {
      await assertFails(
        () => rig.admit('decision.read', { door: 'http', remoteAddress: '127.0.0.1' }),
        'unauthenticated',
      );
      assert.is((await rig.admit('decision.read', { door: 'embedded' })).principal.id, 'local');
    },
    { settings: { identity: { trustLoopback: false } } },
  ));

test('a stored key is admitted in the same turn, for its scopes and tenant alone', () =>
  withRig(async (rig) => {
    const { text, record } = await rig.keyFor(['decision:read']);
    const pass = rig.gate.admit({
      operation: 'decision.read',
      credentials: { ...ELSEWHERE, apiKey: text },
    });
    assert.not.ok(pass instanceof Promise);
    const { principal } = await pass;
    assert.equal([principal.id, principal.tenant], [`key:${record.id}`, 'acme']);
    for (const operation of NAMES) {
      const { scope } = OPERATIONS[operation];
      const call = (): Promise<unknown> => rig.admit(operation, { ...ELSEWHERE, bearerToken: text });
      if (scope === null || scope === 'decision:read') await call();
      else await assertFails(call, 'permission_denied');
    }
  }));

test('a wrong credential is refused, also from this machine, but not where everyone is served', () =>
  withRig(async (rig) => {
    const { text } = await rig.keyFor(['decision:read']);
    const flipped = text.slice(0, -1) + (text.endsWith('0') ? '1' : '0');
    for (const own of [ELSEWHERE, { door: 'http', remoteAddress: '127.0.0.1' }] as const) {
      for (const credential of [
        { apiKey: flipped },
        { apiKey: '' },
        { bearerToken: 'x' },
        { bearerToken: 'a.b.c' },
        { apiKey: text, bearerToken: text },
        { sessionToken: text },
        { certificateDigest: 'ab'.repeat(32) },
        { apiKey: 'k'.repeat(100_000) },
      ]) {
        await assertFails(() => rig.admit('decision.read', { ...own, ...credential }), 'unauthenticated');
        assert.is((await rig.admit('health.read', { ...own, ...credential })).principal.id, 'anonymous');
      }
    }
  }));

test('configured keys and certificates stand for whom the settings say', () =>
  withRig(
    async (rig) => {
      const byKey = await rig.admit('decision.read', { ...ELSEWHERE, apiKey: 'configured' });
      assert.equal([byKey.principal.id, byKey.principal.tenant], ['key:red', 'acme']);
      const certificateDigest = 'AB:'.repeat(31) + 'AB';
      const byCertificate = await rig.admit('agent.serve', { ...ELSEWHERE, certificateDigest });
      assert.equal([byCertificate.principal.id, byCertificate.principal.tenant], ['node:edge', 'acme']);
    },
    {
      settings: {
        identity: {
          apiKeys: [
            {
              digest: `sha256:${secretDigest('configured')}`,
              id: 'red',
              tenant: 'acme',
              scopes: ['decision:read'],
            },
          ],
          certificates: [
            { digest: `sha256:${'ab'.repeat(32)}`, id: 'edge', tenant: 'acme', roles: ['agent'] },
          ],
        },
      },
    },
  ));

test('a body that is too large is refused before anybody asks who sends it', () =>
  withRig(async (rig) => {
    await assertFails(() => rig.admit('decision.evaluate', ELSEWHERE, 1_048_577), 'too_large');
    await assertFails(() => rig.admit('decision.evaluate', ELSEWHERE, 1_048_576), 'unauthenticated');
  }));

test('a revoked key is refused from the answer on, an expired one from its time on', () =>
  withRig(async (rig) => {
    const { text, record } = await rig.keyFor(['decision:read']);
    const call = (): Promise<unknown> => rig.admit('decision.read', { ...ELSEWHERE, apiKey: text });
    await call();
    await rig.change({ type: 'revoke-key', by: LOCAL, id: record.id, reason: 'lost' });
    await assertFails(call, 'unauthenticated');
    const other = await rig.make({
      type: 'create-key',
      by: LOCAL,
      request: { tenant: 'acme', scopes: ['decision:read'], lifeDays: 1 },
    });
    const callOther = (): Promise<unknown> =>
      rig.admit('decision.read', { ...ELSEWHERE, apiKey: other.text });
    await rig.pass(86_399_999);
    await callOther();
    await rig.pass(1);
    await assertFails(callOther, 'unauthenticated');
  }));

test('a rotated key and its successor both work until the grace time is over', () =>
  withRig(async (rig) => {
    const old = await rig.keyFor(['decision:read']);
    const made = await rig.make({ type: 'rotate-key', by: LOCAL, id: old.record.id, graceMs: 1_000 });
    assert.is(made.record.successorOf, old.record.id);
    assert.equal(made.record.scopes, old.record.scopes);
    for (const { text } of [old, made]) await rig.admit('decision.read', { ...ELSEWHERE, apiKey: text });
    await rig.pass(1_000);
    await rig.admit('decision.read', { ...ELSEWHERE, apiKey: made.text });
    await assertFails(
      () => rig.admit('decision.read', { ...ELSEWHERE, apiKey: old.text }),
      'unauthenticated',
    );
    const again = await rig.change({ type: 'rotate-key', by: LOCAL, id: old.record.id });
    assert.is(again.type === 'failed' && again.error.code, 'conflict');
  }));

test('a gate whose actor has stopped lets nobody in', () =>
  withRig(async (rig) => {
    const { text } = await rig.keyFor(['decision:read']);
    await rig.system.stopActor('/gate');
    assert.not.ok(rig.gate.isOpen);
    for (const credentials of [{ ...ELSEWHERE, apiKey: text }, { door: 'embedded' }] as const) {
      await assertFails(() => rig.admit('decision.read', credentials), 'unavailable');
    }
  }));

test('a restarted actor opens the gate again, with the same keys', () =>
  withRig(async (rig) => {
    const { text } = await rig.keyFor(['decision:read']);
    rig.system.restart('/gate');
    await rig.refresh();
    await rig.admit('decision.read', { ...ELSEWHERE, apiKey: text });
  }));

test('the first denial of a kind is recorded at once, a flood as one number', () =>
  withRig(async (rig) => {
    const call = (): Promise<unknown> => rig.admit('decision.read', { ...ELSEWHERE, apiKey: 'nobody' });
    for (let at = 0; at < 500; at += 1) await assertFails(call, 'unauthenticated');
    await rig.refresh();
    const [first, ...more] = await rig.entries('event');
    assert.equal(more, []);
    assert.equal(
      { ...first, firstAt: '', lastAt: '' },
      {
        action: 'access-denied',
        by: '203.0.113.0/24',
        tenant: 'system',
        operation: 'decision.read',
        code: 'unauthenticated',
        door: 'http',
        count: 1,
        firstAt: '',
        lastAt: '',
      },
    );
    await rig.pass(60_000);
    await rig.refresh();
    const entries = await rig.entries('event');
    assert.is(entries.length, 2);
    assert.is(entries[1]!['count'], 499);
  }));

test('what the record says of a denial holds no address, no secret and no name of a person', () =>
  withRig(async (rig) => {
    const { text } = await rig.keyFor(['decision:read']);
    await assertFails(() => rig.admit('key.list', { ...ELSEWHERE, apiKey: text }), 'permission_denied');
    await rig.refresh();
    const written = JSON.stringify(await rig.entries('event'));
    assert.not.match(written, /203\.0\.113\.7|witan_/);
  }, {}));

test('keys are recorded before they are made; a log that fails makes none', () =>
  withRig(
    async (rig) => {
      const reply = await rig.change({
        type: 'create-key',
        by: LOCAL,
        request: { tenant: 'acme', scopes: ['decision:read'] },
      });
      assert.is(reply.type === 'failed' && reply.error.code, 'storage_failed');
      assert.equal(await rig.store.keys(), []);
    },
    {
      wrapLedger: (ledger) =>
        withAppend(ledger, async () => {
          throw new WitanError('storage_failed', 'the disk is full');
        }),
    },
  ));

test('keys are rotated under load without one call refused that should have passed', () =>
  withRig(
    async (rig) => {
      let current = await rig.keyFor(['decision:read']);
      const held = [current, current, current, current];
      let isOver = false;
      let calls = 0;
      const load = async (worker: number): Promise<void> => {
        while (!isOver) {
          await rig.admit('decision.read', { ...ELSEWHERE, apiKey: held[worker]!.text });
          calls += 1;
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const loads = held.map((_, worker) => load(worker));
      for (let round = 0; round < 20; round += 1) {
        current = await rig.make({ type: 'rotate-key', by: LOCAL, id: current.record.id, graceMs: 60_000 });
        // Callers take the new key over one after the other, while both work.
        for (let worker = 0; worker < held.length; worker += 1) {
          await new Promise((resolve) => setImmediate(resolve));
          held[worker] = current;
        }
        await rig.pass(60_000);
      }
      isOver = true;
      await Promise.all(loads);
      assert.ok(calls > 200, `${calls} calls`);
    },
    { settings: { admission: { ipRequestMaxCount: 1_000_000, keyRequestMaxCount: 1_000_000 } } },
  ));
