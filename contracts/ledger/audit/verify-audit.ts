/** Checks audit entries offline, from the public key of the log alone. */
import { AuditEntry, AuditProof } from '../../messages/audit/entry.ts';
import type { AuditEntryBody } from '../../messages/audit/entry.ts';
import { fromBase64Url } from '../bytes.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { LogKey } from '../checkpoint.ts';
import type { LedgerCrypto } from '../crypto.ts';
import { keyIdOf } from '../signing.ts';
import { Checklist, type Verification } from '../verification.ts';
import { verifyProof } from '../verify-proof.ts';
import { auditBody, auditSigningBytes } from './audit-entry.ts';
import { auditLogId } from './audit-log-id.ts';

/** What a reader of entries trusts and can do. */
export interface AuditVerifier {
  /** Keys that the reader pinned for the log. */
  readonly pinned: readonly LogKey[];
  readonly crypto: LedgerCrypto;
}

/**
 * Checks form, id and signature of an entry. Never throws.
 *
 * @param given whatever was read
 */
export function verifyAuditEntry(given: unknown, verifier: AuditVerifier): Verification {
  const list = new Checklist();
  return list.run(() => void checkEntry(list, given, verifier));
}

/**
 * Checks an entry and the record that it describes: the signature, the proof that the record stands in the
 * log, and that the entry says what the record says. What the record does not hold (transaction, the input
 * behind a hash, a later review) is the signer's word. Never throws.
 */
export function verifyAuditProof(given: unknown, verifier: AuditVerifier): Verification {
  const list = new Checklist();
  return list.run(() => {
    list.begin('form');
    const parsed = AuditProof.safeParse(given);
    const issue = parsed.error?.issues[0];
    const field = issue?.path.join('.') || 'proof';
    list.holds(parsed.success, { field, expected: 'witan-audit-proof/1', actual: issue?.message ?? '' });
    const { entry, proof } = parsed.data!;
    checkEntry(list, entry, verifier);
    list.begin('record');
    const record = verifyProof(proof, verifier.pinned, verifier.crypto);
    const fault = record.mismatch;
    list.holds(record.ok, {
      field: `proof.${fault?.field ?? ''}`,
      expected: fault?.expected ?? '',
      actual: fault?.actual ?? '',
    });
    list.begin('same-entry');
    const stored = { ...record.entry!, leafHash: proof.leafHash };
    const said = auditBody(stored, {
      logName: proof.logId,
      sha256: verifier.crypto.sha256,
      inputOf: (input) =>
        entry.input?.form === 'plain' ? { form: 'plain', value: input as never } : entry.input!,
      reviewedBy: entry.reviewed_by,
      transaction: entry.blockchain_tx,
    });
    checkSame(list, said, entry);
  });
}

function checkEntry(list: Checklist, given: unknown, { pinned, crypto }: AuditVerifier): AuditEntry {
  list.begin('entry-form');
  const parsed = AuditEntry.safeParse(given);
  const issue = parsed.error?.issues[0];
  list.holds(parsed.success, {
    field: issue?.path.join('.') || 'entry',
    expected: 'the form witan-audit-entry/1',
    actual: issue?.message ?? '',
  });
  const { signature, ...body } = parsed.data!;
  list.begin('log-id');
  list.equal('log_id', auditLogId(body.record.log, body.record.index, crypto.sha256), body.log_id);
  list.begin('entry-signature');
  const own = pinned.filter(({ logId }) => logId === body.record.log);
  const bytes = auditSigningBytes(body);
  const key = own.find((one) => crypto.verifyEd25519(one.publicKey, bytes, fromBase64Url(signature.value)));
  const names = own.map(({ publicKey }) => keyIdOf('checkpoint', publicKey, crypto.sha256));
  list.holds(key !== undefined, {
    field: 'signature.value',
    expected:
      own.length === 0 ? `a pinned key of ${body.record.log}` : `a signature by ${names.join(' or ')}`,
    actual: `said to be by ${signature.key_id}, not verified`,
  });
  list.equal('signature.key_id', keyIdOf('checkpoint', key!.publicKey, crypto.sha256), signature.key_id);
  return parsed.data!;
}

function checkSame(list: Checklist, said: AuditEntryBody, entry: AuditEntry): void {
  for (const [field, value] of Object.entries(said)) {
    list.equal(field, canonicalJson(value), canonicalJson(entry[field as keyof AuditEntryBody] ?? null));
  }
}
