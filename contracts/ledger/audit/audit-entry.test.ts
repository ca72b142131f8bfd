import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../../runtime/store/memory/memory-ledger.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { LedgerEntryInput } from '../../../runtime/kernel/ports/ledger.ts';
import { AuditEntry } from '../../messages/audit/entry.ts';
import type { AuditProof } from '../../messages/audit/entry.ts';
import { auditBody, describeEntry, signAuditEntry } from './audit-entry.ts';
import { auditLogId, indexOfAuditLogId } from './audit-log-id.ts';
import { verifyAuditEntry, verifyAuditProof } from './verify-audit.ts';

const test = suite('audit entries');

const LOG = 'witan/test';
const crypto = { sha256, verifyEd25519 };

/** A log with one entry, its signed form, and what a reader pins. */
async function recorded(
  given: LedgerEntryInput,
): Promise<{ proof: AuditProof; pinned: { logId: string; publicKey: Uint8Array }[] }> {
  const clock = new SimClock();
  const keys = new MemoryKeys({ clock });
  const ledger = new MemoryLedger({ logId: LOG, clock, keys });
  const { entry, index } = await ledger.append(given);
  const { keyId, publicKey } = keys.active('checkpoint');
  const inputOf = (): { form: 'hmac-sha256'; value: string } => ({
    form: 'hmac-sha256',
    value: 'ab'.repeat(32),
  });
  const body = auditBody(entry, { logName: LOG, sha256, inputOf });
  const signed = signAuditEntry(body, { keyId, sign: (bytes) => keys.sign(keyId, bytes) });
  const proof = await ledger.proof(index);
  return {
    proof: { format: 'witan-audit-proof/1', entry: signed, proof },
    pinned: [{ logId: LOG, publicKey }],
  };
}

const LOGGED: LedgerEntryInput = {
  kind: 'event',
  tenant: 'acme',
  payload: {
    event: 'audit-log',
    actionType: 'loan.paid',
    by: 'key:0',
    input: { hmac: 'cd'.repeat(32) },
    reasoning: ['yes'],
    confidence: 0.5,
    context: { a: 1 },
  },
};

test('property: an id gives the index back in its own log and in no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.string(), (index, name) => {
      const id = auditLogId(name, index, sha256);
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.is(indexOfAuditLogId(id, name, sha256), index);
      assert.is(indexOfAuditLogId(id, `${name}.`, sha256), undefined);
    }),
  );
});

test('an id of another form names nothing', () => {
  for (const id of [
    '',
    'x',
    auditLogId(LOG, 1, sha256).toUpperCase(),
    '00000000-0000-4000-8000-000000000000',
  ]) {
    assert.is(indexOfAuditLogId(id, LOG, sha256), undefined);
  }
});

test('property: whatever stands in an entry, it has a form that is valid', () => {
  const kind = fc.constantFrom('opened', 'final', 'resolution', 'late-ballot', 'key', 'admin', 'event');
  const near = fc.record(
    {
      event: fc.constantFrom('audit-log', 'audit-event', 'policy-evaluation', 'request-answered', '\u0000'),
      action: fc.constantFrom('access-denied', 'sign-in', 'key-create', 'Ünïcode', ''),
      actionType: fc.string(),
      notice: fc.constantFrom('late-ballot', 'ballot-refused'),
      actor: fc.jsonValue(),
      by: fc.jsonValue(),
      audit: fc.jsonValue(),
      reasoning: fc.constantFrom(undefined, ['a']),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(kind, fc.oneof(near, fc.jsonValue()), (each, payload) => {
      const leafHash = `sha256:${'0'.repeat(64)}`;
      const entry = { kind: each as never, payload, index: 3, atWallMs: 5, tenant: 'acme', leafHash };
      const said = describeEntry(entry);
      assert.match(said.action, /^[a-z][a-z0-9._-]{0,99}$/);
      const body = auditBody(entry, {
        logName: LOG,
        sha256,
        inputOf: () => ({ form: 'plain', value: null }),
      });
      const signature = { algorithm: 'ed25519', key_id: 'checkpoint#0', value: 'A'.repeat(86) };
      const parsed = AuditEntry.safeParse({ ...body, signature });
      assert.ok(parsed.success, JSON.stringify(parsed.error?.issues));
    }),
    { numRuns: 500 },
  );
});

test('an entry verifies under the key of its log alone', async () => {
  const { proof, pinned } = await recorded(LOGGED);
  assert.ok(verifyAuditEntry(proof.entry, { pinned, crypto }).ok);
  assert.ok(verifyAuditProof(proof, { pinned, crypto }).ok);
  const other = [{ logId: LOG, publicKey: new Uint8Array(32) }];
  assert.is(verifyAuditEntry(proof.entry, { pinned: other, crypto }).mismatch?.field, 'signature.value');
  const elsewhere = [{ ...pinned[0]!, logId: 'witan/other' }];
  assert.not.ok(verifyAuditEntry(proof.entry, { pinned: elsewhere, crypto }).ok);
});

test('a change of any field is found', async () => {
  const { proof, pinned } = await recorded(LOGGED);
  for (const [field, value] of Object.entries(proof.entry)) {
    if (field === 'signature') continue;
    const changed = typeof value === 'string' ? `${value}0` : { changed: true };
    const given = { ...proof.entry, [field]: changed };
    assert.not.ok(verifyAuditEntry(given, { pinned, crypto }).ok, field);
  }
});

test('a signed form that says something else than its record is found', async () => {
  const { proof, pinned } = await recorded(LOGGED);
  const lie = await recorded({ ...LOGGED, payload: { ...(LOGGED.payload as object), confidence: 1 } });
  const given = { ...proof, entry: lie.proof.entry };
  const { mismatch } = verifyAuditProof(given, { pinned: [...pinned, ...lie.pinned], crypto });
  assert.equal([mismatch?.check, mismatch?.field], ['same-entry', 'confidence']);
});

test('nonsense is refused, never thrown', () => {
  for (const given of [undefined, null, 1, [], {}, { entry: {} }, { format: 'witan-audit-proof/1' }]) {
    assert.not.ok(verifyAuditEntry(given, { pinned: [], crypto }).ok);
    assert.not.ok(verifyAuditProof(given, { pinned: [], crypto }).ok);
  }
});
