/** Records that lie: each is refused, with the record and the field named. */
import { toBase64Url, utf8 } from '../../contracts/ledger/bytes.ts';
import { verdictSigningBytes } from '../../contracts/ledger/signing.ts';
import type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { FinalPayload } from '../../contracts/messages/final.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { verifyDecisionProof } from '../../index.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { pinnedKeyOf } from '../../runtime/host/record/open-stores.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../runtime/store/memory/memory-ledger.ts';
import { BENIGN, startHost } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('false-record', { limitMs: 20_000 });

async function realProof(): Promise<{ proof: DecisionProof; pinned: PinnedKey; other: DecisionProof }> {
  const host = await startHost();
  try {
    const [verdict, second] = [await host.submit(BENIGN), await host.submit(BENIGN)];
    const proof = await host.proof(verdict.body.decisionId);
    return { proof, pinned: host.pinnedKey(), other: await host.proof(second.body.decisionId) };
  } finally {
    await host.stop();
  }
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('the truth verifies', async () => {
  const { proof, pinned } = await realProof();
  assert.is(verifyDecisionProof(proof, pinned).mismatch, null);
});

test('one changed character anywhere in either record is found', async () => {
  const { proof, pinned } = await realProof();
  for (const name of ['opened', 'final'] as const) {
    const { length } = proof[name].canonical;
    for (let at = 5; at < length; at += Math.ceil(length / 60)) {
      const changed = copy(proof);
      const { canonical } = proof[name];
      const other = canonical[at] === 'a' ? 'b' : 'a';
      changed[name].canonical = `${canonical.slice(0, at)}${other}${canonical.slice(at + 1)}`;
      const { ok, mismatch } = verifyDecisionProof(changed, pinned);
      assert.is(ok, false, `${name} at ${at}`);
      assert.ok(mismatch!.record.startsWith(name));
    }
  }
});

test('records of two decisions do not make one', async () => {
  const { proof, other, pinned } = await realProof();
  const { mismatch } = verifyDecisionProof({ ...proof, final: other.final }, pinned);
  assert.is(mismatch?.check, 'same-decision');
});

test('a record of another kind in the place of the final one is refused', async () => {
  const { proof, pinned } = await realProof();
  assert.is(verifyDecisionProof({ ...proof, final: proof.opened }, pinned).mismatch?.check, 'kind');
});

test('a log that was recomputed whole and signed by another key is refused', async () => {
  const { proof, pinned } = await realProof();
  const { proof: forged } = await retold(proof, (final) => final);
  assert.is(verifyDecisionProof(forged, pinned).mismatch?.check, 'signature');
});

test('a node that signs a tally its ballots do not give is found out', async () => {
  const { proof } = await realProof();
  const { proof: lying, pinned } = await retold(proof, (final) => {
    final.body.tally!.valueBp -= 1;
    return final;
  });
  const { mismatch } = verifyDecisionProof(lying, pinned);
  assert.equal([mismatch?.check, mismatch?.field], ['tally', 'body.tally.valueBp']);
});

test('a node that turns the outcome around is found out', async () => {
  const { proof } = await realProof();
  const { proof: lying, pinned } = await retold(proof, (final) => {
    final.body.outcome = 'rejected';
    return final;
  });
  assert.is(verifyDecisionProof(lying, pinned).mismatch?.field, 'body.outcome');
});

test('a node that changes a ballot cannot sign it as the seat', async () => {
  const { proof } = await realProof();
  const { proof: lying, pinned } = await retold(proof, (final) => {
    final.ballots[0]!.body.scoreBp = 0;
    return final;
  });
  assert.is(verifyDecisionProof(lying, pinned).ok, false);
});

test('anything else that is no proof is refused without an exception', async () => {
  const { pinned } = await realProof();
  for (const value of [undefined, null, 5, '', [], {}, { format: 'witan-decision-proof/1' }]) {
    assert.is(verifyDecisionProof(value, pinned).ok, false);
  }
});

/** The same story in a log of another node, which signs whatever it likes with its own keys. */
async function retold(
  proof: DecisionProof,
  change: (final: FinalPayload) => FinalPayload,
): Promise<{ proof: DecisionProof; pinned: PinnedKey }> {
  const clock = new SystemClock();
  const keys = new MemoryKeys({ clock });
  const ledger = new MemoryLedger({ logId: proof.final.logId, clock, keys });
  const opened = JSON.parse(proof.opened.canonical) as {
    payload: unknown;
    decisionId: DecisionId;
    tenant: string;
  };
  const final = change((JSON.parse(proof.final.canonical) as { payload: FinalPayload }).payload);
  const { keyId } = keys.active('node');
  const signature = toBase64Url(keys.sign(keyId, verdictSigningBytes(final.body)));
  const { decisionId, tenant } = opened;
  const first = await ledger.append({ kind: 'opened', tenant, decisionId, payload: opened.payload });
  const payload = { ...final, keyId, signature };
  const second = await ledger.append({ kind: 'final', tenant, decisionId, payload });
  assert.ok(utf8(signature).length > 80);
  return {
    proof: {
      format: 'witan-decision-proof/1',
      opened: await ledger.proof(first.index),
      final: await ledger.proof(second.index),
      resolutions: [],
    },
    pinned: pinnedKeyOf({ keys, ledger }),
  };
}
