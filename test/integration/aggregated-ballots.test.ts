/**
 * A node whose seats also sign their ballots together: on the record, checked from files alone, told of when
 * it is missing, and named when it is wrong.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, verifyDecisionProof, verifyEvidenceBundle } from '../../index.ts';
import { verifySignatures } from '../../contracts/ledger/verify-signatures.ts';
import type { DecisionProof } from '../../contracts/messages/decision-proof.ts';
import type { FinalPayload } from '../../contracts/messages/final.ts';
import type { OpenedPayload } from '../../contracts/messages/session.ts';
import { checkLogFolder } from '../../runtime/host/log-tools/check-log-folder.ts';
import { readProofFromFolder } from '../../runtime/host/record/read-log-folder.ts';
import { bls } from '../../runtime/kernel/crypto/bls.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { verifyOffline } from '../../transport/client/verify.ts';
import { assert, suite } from '../harness.ts';

const test = suite('a node with aggregated ballots', { limitMs: 180_000 });
const REQUEST = { type: 'chat', text: 'What is the capital of Portugal?', council: 'always' } as const;
const ON = { council: { aggregateBallots: true, aggregateWaitMs: 60_000 } };
const crypto = { sha256, verifyEd25519, bls };
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-aggregated-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function payloads({ opened, final }: DecisionProof): { opened: OpenedPayload; final: FinalPayload } {
  const payloadIn = (canonical: string): unknown => (JSON.parse(canonical) as { payload: unknown }).payload;
  return {
    opened: payloadIn(opened.canonical) as OpenedPayload,
    final: payloadIn(final.canonical) as FinalPayload,
  };
}

test('off by default; switched on, each council decision carries one signature of its twelve seats', async () => {
  const dataDir = join(folder, 'node');
  const plain = await createHost({ dataDir, http: false });
  await plain.start();
  const before = await plain.submit(REQUEST);
  const unpromised = payloads(await plain.proof(before.body.decisionId));
  await plain.stop();
  assert.is(unpromised.opened.terms.aggregateKeys, undefined);
  assert.is(unpromised.final.aggregate, undefined);

  const settings = { ...ON, crypto: { keyPassphrase: 'correct horse battery staple' } };
  const host = await createHost({ dataDir, http: false, settings });
  await host.start();
  const { decisionId } = (await host.submit({ ...REQUEST, text: 'And of Spain?' })).body;
  const screened = (await host.submit({ type: 'chat', text: 'And of France?' })).body;
  assert.ok((await host.verify(decisionId)).ok);
  const proof = await host.proof(decisionId);
  const pinned = host.pinnedKey();
  await host.stop();

  const { opened, final } = payloads(proof);
  assert.match(opened.terms.aggregateKeys!, /^sha256:/);
  assert.ok(final.aggregate && 'signature' in final.aggregate, JSON.stringify(final.aggregate));
  assert.is(final.ballots.length, 12);
  const checked = verifyDecisionProof(proof, pinned);
  assert.ok(checked.ok, JSON.stringify(checked.mismatch));
  assert.ok(
    checked.checked.some((line) => /^final #\d+: aggregate$/.test(line)),
    checked.checked.join(),
  );
  assert.is(checked.aggregate, 'verified');
  // Another library's points, as in a browser, and the files without the node.
  assert.ok((await verifyOffline(proof, pinned)).checked.some((line) => line.endsWith(': aggregate')));
  assert.ok(verifyDecisionProof(await readProofFromFolder(dataDir, decisionId), pinned).ok);
  const bundle = { format: 'witan-bundle/1', decision: proof, witnessed: null, anchors: [] };
  const [step] = verifyEvidenceBundle(bundle, { pinned }).steps;
  assert.is(step?.detail, 'approved by council, 12 ballots and their aggregate');
  // Decided by checks alone: no council sat, and nothing is missed.
  assert.is(screened.decidedBy, 'checks');
  assert.ok(verifyDecisionProof(await readProofFromFolder(dataDir, screened.decisionId), pinned).ok);

  // The secret of a seat lies encrypted and there is no second one; its BLS half is public beside it.
  const names = readdirSync(join(dataDir, 'keys')).filter((name) => name.startsWith('seat.guardian'));
  assert.is(names.length, 1);
  const file = readFileSync(join(dataDir, 'keys', names[0]!), 'utf8');
  assert.match(file, /scrypt\+aes-256-gcm/);
  assert.match(file, /"possession"/);

  // Switched off again: what was signed is still proven by a running node.
  const after = await createHost({ dataDir, http: false, settings: { crypto: settings.crypto } });
  await after.start();
  assert.ok(verifyDecisionProof(await after.proof(decisionId), pinned).ok);
  await after.stop();
  const { damages } = await checkLogFolder(dataDir, { pinned, isDeep: true });
  assert.equal(damages, []);
});

test('keys of seats stand on the record with their proof; rotated ones sign on, revoked ones do not', async () => {
  const host = await createHost({ dataDir: null, http: false, settings: ON });
  await host.start();
  const first = await host.proof((await host.submit(REQUEST)).body.decisionId);
  const rotated = await host.rotateKey('seat/guardian', 'tested');
  const second = await host.proof((await host.submit({ ...REQUEST, text: 'And of Spain?' })).body.decisionId);
  const pinned = host.pinnedKey();
  for (const proof of [first, second]) assert.ok(verifyDecisionProof(proof, pinned).ok);
  const halves = payloads(second);
  assert.is.not(halves.opened.terms.aggregateKeys, payloads(first).opened.terms.aggregateKeys);
  assert.ok(halves.final.aggregate && 'signature' in halves.final.aggregate);
  const recorded = second.final.keys.find(({ keyId }) => keyId === rotated.keyId);
  assert.is(recorded?.aggregate?.possession.length, 192);
  await host.revokeKey(rotated.keyId, 'stolen');
  const revoked = await host.proof(payloads(second).final.body.decisionId);
  assert.is(verifyDecisionProof(revoked, pinned).mismatch?.check, 'ballot guardian/1');
  await host.stop();
});

test('a decision whose aggregate comes too late is decided like any other, and its record says so', async () => {
  const settings = { council: { aggregateBallots: true, aggregateWaitMs: 1 } };
  const host = await createHost({ dataDir: null, http: false, settings });
  await host.start();
  const { body } = await host.submit(REQUEST);
  const proof = await host.proof(body.decisionId);
  const verified = verifyDecisionProof(proof, host.pinnedKey());
  await host.stop();
  assert.is(body.outcome, 'approved');
  assert.equal(payloads(proof).final.aggregate, { none: 'late' });
  assert.ok(verified.ok);
  assert.is(verified.aggregate, 'none: late');
});

test('a record with a wrong, a foreign or a missing aggregate fails, and the aggregate is named', async () => {
  const host = await createHost({ dataDir: null, http: false, settings: ON });
  await host.start();
  const proof = await host.proof((await host.submit(REQUEST)).body.decisionId);
  const other = await host.proof((await host.submit({ ...REQUEST, text: 'And of Spain?' })).body.decisionId);
  await host.stop();
  const { opened, final } = payloads(proof);
  const { keys } = proof.final;
  const check = (changed: FinalPayload, known = keys): string => {
    const { ok, mismatch, checked } = verifySignatures({ opened, final: changed, keys: known }, crypto);
    return ok
      ? checked.find((line) => line.includes('aggregate'))!
      : `${mismatch!.check}: ${mismatch!.field}`;
  };
  const signature = 'aggregate: final.aggregate.signature';
  assert.is(check(final), 'aggregate');
  assert.is(check({ ...final, aggregate: payloads(other).final.aggregate }), signature);
  const { aggregate: _none, ...without } = final;
  assert.is(check(without), 'aggregate: final.aggregate');
  assert.is(check({ ...final, aggregate: { none: 'late' } }), 'no aggregate (late)');
  const guardian = opened.terms.roster.find(({ seat }) => seat === 'guardian')!.keyId;
  const strange = keys.map((key) =>
    key.keyId === guardian
      ? { ...key, aggregate: keys.find(({ keyId }) => /justice/.test(keyId))!.aggregate }
      : key,
  );
  assert.is(check(final, strange), 'aggregate: opened.terms.aggregateKeys');
  const unproven = keys.map((key) =>
    key.keyId === guardian
      ? {
          ...key,
          aggregate: {
            ...key.aggregate!,
            possession: keys.find(({ keyId }) => /justice/.test(keyId))!.aggregate!.possession,
          },
        }
      : key,
  );
  assert.is(check(final, unproven), `aggregate: keys.${guardian}.aggregate.possession`);
  const keyless = keys.map(({ aggregate: _half, ...key }) => key);
  assert.match(check(final, keyless), /^aggregate: keys\..*\.aggregate$/);
  const blind = verifySignatures({ opened, final, keys }, { sha256, verifyEd25519 });
  assert.ok(blind.ok && blind.checked.includes('aggregate not looked at'));
});
