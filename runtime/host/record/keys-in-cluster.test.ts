import { SimClock } from '../../kernel/sim/sim-clock.ts';
import { openCrypto } from '../../store/crypto/open-crypto.ts';
import { MemorySubjectKeyStore } from '../../store/crypto/subjects/memory-subject-key-store.ts';
import { openSubjectVault } from '../../store/crypto/subjects/subject-vault.ts';
import type { SubjectVault } from '../../store/crypto/subjects/subject-vault.ts';
import { MemoryKms } from '../../store/keys/kms/memory-kms.ts';
import { sealEvent } from '../../store/privacy/sealed-event.ts';
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { keysInCluster } from './open-privacy.ts';

const test = suite('keys of sealed records in a cluster', { limitMs: 10_000 });
const ann = { tenant: 'acme', subject: 'ann', purpose: 'decision/2026' };

async function vault(): Promise<SubjectVault> {
  const clock = new SimClock();
  const aead = await openCrypto({ postQuantum: false }).aead('aes-256-gcm');
  return openSubjectVault({ store: new MemorySubjectKeyStore(), kms: new MemoryKms(clock), aead, clock });
}

test('nothing is sealed or erased under keys that no other node has; pseudonyms are as before', async () => {
  const own = await vault();
  const keys = keysInCluster(own);
  const concern = { tenant: 'acme', subjects: ['ann'], wallMs: 0 };
  const order = { ...ann, reason: 'r', approvedBy: 'a' };
  await assertFails(() => sealEvent(keys, concern, { what: 'x' }), 'not_supported');
  await assertFails(() => keys.seal(ann, new Uint8Array(1)), 'not_supported');
  await assertFails(() => keys.commit(ann, new Uint8Array(1)), 'not_supported');
  await assertFails(() => keys.destroy(order), 'not_supported');
  await assertFails(() => keys.hold(ann, { holdId: 'h', reason: 'r', by: 'b' }), 'not_supported');
  assert.is(own.keyCount(), 0);
  assert.is(keys.tagOf(ann), own.tagOf(ann));
  await keys.close();
  await assertFails(() => own.seal(ann, new Uint8Array(1)), 'storage_failed');
});

test('a node that has sealed something does not become one of a cluster', async () => {
  const own = await vault();
  await own.seal(ann, new Uint8Array(1));
  const error = await assertFails(() => keysInCluster(own), 'config_invalid');
  assert.equal([error.details['path'], error.details['keyCount']], ['node.dataDir', 1]);
});
