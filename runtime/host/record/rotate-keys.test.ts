/** Keys change while the node runs; what they signed keeps its worth, what is revoked loses it. */
import { assert, suite } from '../../../test/harness.ts';
import { createHost } from '../create-host.ts';
import type { Host } from '../host.ts';
import { SimClock } from '../../kernel/index.ts';
import { MemoryKeys } from '../../store/keys/memory-keys.ts';
import { MemoryLedger } from '../../store/memory/memory-ledger.ts';
import type { NodeStores } from './open-stores.ts';
import { keyPayloadOf } from './record-keys.ts';
import { keyRotationJob, rotateKey } from './rotate-keys.ts';

const test = suite('key rotation', { limitMs: 180_000 });
const REQUEST = { type: 'chat', text: 'What is the capital of Portugal?', council: 'always' };

async function running(): Promise<Host> {
  const host = await createHost({ dataDir: null, http: false });
  await host.start();
  return host;
}

test('a rotated seat signs with its new key; earlier decisions still verify', async () => {
  const host = await running();
  const before = await host.submit(REQUEST);
  const old = host.keys().find((key) => key.purpose === 'seat/guardian')!;
  const fresh = await host.rotateKey('seat/guardian', 'test');
  const after = await host.submit({ ...REQUEST, text: 'And of Spain?' });
  const signer = (verdict: typeof before): string =>
    verdict.ballots.find((ballot) => ballot.body.seat === 'guardian')!.keyId;
  assert.is(signer(before), old.keyId);
  assert.is(signer(after), fresh.keyId);
  assert.ok((await host.verify(before.body.decisionId)).ok);
  assert.ok((await host.verify(after.body.decisionId)).ok);
  await host.stop();
});

test('a decision with a ballot of a revoked key no longer verifies', async () => {
  const host = await running();
  const verdict = await host.submit(REQUEST);
  const key = host.keys().find((one) => one.purpose === 'seat/guardian')!;
  await host.revokeKey(key.keyId, 'stolen');
  const { ok } = await host.verify(verdict.body.decisionId);
  assert.is(ok, false);
  const next = await host.submit({ ...REQUEST, text: 'And of Spain?' });
  assert.ok((await host.verify(next.body.decisionId)).ok);
  await host.stop();
});

test('keys past their age are replaced by the daily job, the checkpoint key is not', async () => {
  const clock = new SimClock();
  const keys = new MemoryKeys({ clock });
  const ledger = new MemoryLedger({ logId: 'witan/test', clock, keys });
  const stores = { keys, ledger } as unknown as NodeStores;
  const seat = keys.active('seat/truth');
  const checkpoint = keys.active('checkpoint');
  const job = keyRotationJob(stores, clock, 90);
  const budget = { signal: new AbortController().signal } as never;
  await job.run(0, budget);
  assert.is(keys.active('seat/truth').keyId, seat.keyId);
  clock.advance(90 * 86_400_000);
  await job.run(90, budget);
  assert.is.not(keys.active('seat/truth').keyId, seat.keyId);
  assert.is(keys.active('checkpoint').keyId, checkpoint.keyId);
  const states = new Map<string, string>();
  for await (const entry of ledger.read(0)) {
    const payload = keyPayloadOf(entry);
    if (payload) states.set(payload.keyId, payload.state);
  }
  assert.is(states.get(seat.keyId), 'retired');
});

test('a purpose that has no key is refused', async () => {
  const clock = new SimClock();
  const keys = new MemoryKeys({ clock });
  const stores = {
    keys,
    ledger: new MemoryLedger({ logId: 'witan/test', clock, keys }),
  } as unknown as NodeStores;
  const refused = await rotateKey(stores, 'seat/nobody', 'test').catch(
    (error: { code: string }) => error.code,
  );
  assert.is(refused, 'not_found');
});
