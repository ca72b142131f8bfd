/** Seats' keys that sign together: where the secrets are, who may sign, and a thread that does not. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertFails } from '../../../../test/conformance/fixture.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import { bls } from '../../../kernel/crypto/bls.ts';
import { SystemClock } from '../../../kernel/index.ts';
import type { KeyInfo } from '../../../kernel/ports/keys.ts';
import { SimClock } from '../../../kernel/sim/sim-clock.ts';
import { FileKeys } from '../file-keys.ts';
import { MemoryKeys } from '../memory-keys.ts';
import { AggregatingKeys, BLS_SEED_LABEL } from './aggregating-keys.ts';

const test = suite('keys that sign together', { limitMs: 120_000 });
const clock = new SystemClock();
const message = utf8('the round');
const SEATS = ['seat/guardian', 'seat/truth', 'seat/justice'];
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-aggregate-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function verifies(infos: readonly KeyInfo[], signature: Uint8Array): boolean {
  const halves = infos.map(({ aggregate }) => aggregate!);
  assert.ok(halves.every(({ publicKey, possession }) => bls.verifyPossession(publicKey, possession)));
  const publicKeys = halves.map(({ publicKey }) => publicKey);
  return bls.verifyTogether(publicKeys, message, signature);
}

test('halves are made once, kept beside the secret that they follow from, and proven', async () => {
  const open = (): AggregatingKeys =>
    new AggregatingKeys(new FileKeys({ folder, clock, passphrase: 'p' }), clock);
  const keys = open();
  const ids = SEATS.map((purpose) => keys.active(purpose).keyId);
  await assertFails(() => keys.aggregate.sign(ids, message), 'not_found');
  await keys.aggregate.introduce(ids);
  const infos = ids.map((keyId) => keys.get(keyId)!);
  assert.ok(verifies(infos, await keys.aggregate.sign(ids, message)));
  assert.not(verifies(infos, await keys.aggregate.sign(ids.slice(1), message)));
  await keys.close();
  await assertFails(() => keys.aggregate.sign(ids, message), 'stopped');

  const again = open();
  assert.equal(
    ids.map((keyId) => again.get(keyId)!.aggregate),
    infos.map(({ aggregate }) => aggregate),
  );
  assert.ok(verifies(infos, await again.aggregate.sign(ids, message)), 'without being introduced anew');
  const rotated = await again.rotate('seat/truth', 'yearly');
  assert.is(rotated.aggregate, undefined);
  assert.ok(
    verifies(infos, await again.aggregate.sign(ids, message)),
    'a session that froze the old key ends',
  );
  await again.aggregate.introduce([rotated.keyId]);
  assert.is.not(
    Buffer.from(again.get(rotated.keyId)!.aggregate!.publicKey).toString('hex'),
    Buffer.from(infos[1]!.aggregate!.publicKey).toString('hex'),
  );
  await again.revoke(ids[0]!, 'stolen');
  await assertFails(() => again.aggregate.sign(ids, message), 'permission_denied');
  assert.ok(again.get(ids[0]!)!.aggregate, 'what it signed is still to be checked');
  await again.close();
});

test("a half in a file that is not the secret's own is found before anything is signed", async () => {
  const names = readdirSync(folder).filter((name) => /^seat\.(truth|justice)/.test(name));
  const [one, other] = names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  writeFileSync(join(folder, names[0]!), JSON.stringify({ ...one, aggregate: other.aggregate }));
  const keys = new AggregatingKeys(new FileKeys({ folder, clock, passphrase: 'p' }), clock);
  await assertFails(() => keys.aggregate.sign([one.keyId], message), 'verification_failed');
  await assertFails(() => keys.aggregate.introduce([one.keyId]), 'verification_failed');
  await keys.close();
});

test('what is derived depends on key and label, and does not repeat', async () => {
  const keys = new MemoryKeys({ clock, seed: 'derive' });
  const [one, two] = [keys.active('seat/a').keyId, keys.active('seat/b').keyId];
  const hex = (keyId: string, label: string): string =>
    Buffer.from(keys.derive(keyId, label)).toString('hex');
  assert.is(hex(one, BLS_SEED_LABEL), hex(one, BLS_SEED_LABEL));
  assert.is(new Set([hex(one, BLS_SEED_LABEL), hex(two, BLS_SEED_LABEL), hex(one, 'other')]).size, 3);
});

test('a queue that is full, a wait that ended, and a thread that hangs', async () => {
  const sim = new SimClock();
  const keys = new AggregatingKeys(new MemoryKeys({ clock }), sim);
  const { keyId } = keys.active('seat/guardian');
  const introduced = keys.aggregate.introduce([keyId]);
  const hung = assertFails(() => introduced, 'deadline_exceeded');
  // Its time is over before the thread has even loaded.
  sim.fireNext();
  await hung;
  await keys.aggregate.introduce([keyId]);
  const first = keys.aggregate.sign([keyId], message);
  const gaveUp = new AbortController();
  const dropped = assertFails(() => keys.aggregate.sign([keyId], message, gaveUp.signal), 'cancelled');
  gaveUp.abort();
  const waiting = Array.from({ length: 63 }, () => keys.aggregate.sign([keyId], message));
  await assertFails(() => keys.aggregate.sign([keyId], message), 'overloaded');
  assert.ok(verifies([keys.get(keyId)!], await first));
  await dropped;
  const stopped = Promise.allSettled(waiting);
  await keys.close();
  const ends = await stopped;
  assert.ok(ends.every(({ status }) => status === 'rejected'));
});
