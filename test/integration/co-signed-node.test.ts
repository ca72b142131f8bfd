/**
 * A node that co-signs its checkpoints with ML-DSA-44: pinned, verified offline, and missed when it is
 * missing.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, verifyDecisionProof } from '../../index.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { readProofFromFolder, verifyLogFolder } from '../../runtime/host/record/read-log-folder.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';

const test = suite('a node with co-signed checkpoints', { limitMs: 180_000 });
const REQUEST = { type: 'chat', text: 'What is the capital of Portugal?' };
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-co-signed-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('off by default; switched on, each proof needs the second signature that was pinned', async () => {
  const dataDir = join(folder, 'node');
  const plain = await createHost({ dataDir, http: false });
  await plain.start();
  const before = await plain.submit(REQUEST);
  assert.is(plain.pinnedKey().coSignerKeys, undefined);
  const unsigned = await plain.proof(before.body.decisionId);
  await plain.stop();

  const settings = { crypto: { postQuantum: true, coSign: true, keyPassphrase: 'correct horse' } };
  const host = await createHost({ dataDir, http: false, settings });
  await host.start();
  const verdict = await host.submit({ ...REQUEST, text: 'And of Spain?' });
  const { decisionId } = verdict.body;
  assert.ok((await host.verify(decisionId)).ok);
  const proof = await host.proof(decisionId);
  const pinned = host.pinnedKey();
  await host.stop();

  assert.is(pinned.coSignerKeys?.length, 1);
  assert.ok(verifyDecisionProof(proof, pinned).ok);
  const ofFile = PinnedKey.parse(JSON.parse(readFileSync(join(dataDir, 'verify-key.json'), 'utf8')));
  assert.equal(ofFile, pinned);
  assert.ok((await verifyLogFolder(dataDir, ofFile)).ok);
  assert.ok(verifyDecisionProof(await readProofFromFolder(dataDir, decisionId), ofFile).ok);
  // The decision from before is proven under the newer, co-signed checkpoint; its old proof is not enough.
  assert.ok(verifyDecisionProof(await readProofFromFolder(dataDir, before.body.decisionId), ofFile).ok);
  assert.is(verifyDecisionProof(unsigned, pinned).mismatch?.check, 'co-signature');
  const { coSignerKeys: _keys, ...withoutCoSigner } = pinned;
  assert.ok(verifyDecisionProof(unsigned, withoutCoSigner).ok);

  // The switch also encrypted what lay plain.
  for (const name of readdirSync(join(dataDir, 'keys')))
    assert.match(readFileSync(join(dataDir, 'keys', name), 'utf8'), /scrypt\+aes-256-gcm/, name);
  const refused = createHost({ dataDir, http: false, settings: { crypto: { keyPassphrase: 'wrong' } } });
  await assertFails(() => refused.then((one) => one.start()), 'permission_denied');
});

test('a co-signature without the switch for post-quantum algorithms is refused as a setting', async () => {
  const made = createHost({ dataDir: null, http: false, settings: { crypto: { coSign: true } } });
  const error = await assertFails(() => made.then((host) => host.start()), 'config_invalid');
  assert.is(error.details.path, 'crypto.coSign');
});
