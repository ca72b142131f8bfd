/** Checks the entry that says that what a decision's record seals was erased. */
import type { DeletionCertificateBody } from '../../messages/privacy/deletion-certificate.ts';
import { ErasureEntry } from '../../messages/privacy/erasure.ts';
import type { ProofKey } from '../../messages/proof.ts';
import type { RecordedOpened } from '../../messages/privacy/sealed-record.ts';
import { fromHex } from '../bytes.ts';
import type { LedgerCrypto } from '../crypto.ts';
import { verifyDeletionCertificate } from '../deletion-certificate.ts';
import type { StoredEntry } from '../leaf.ts';
import type { Mismatch } from '../verification.ts';

/** An erasure that was proved. */
export interface ErasureFound {
  readonly erasureId: string;
  /** Position of its entry. */
  readonly index: number;
  readonly certificate: DeletionCertificateBody;
}

/**
 * Checks form, certificate, and that a key without which the request does not open is among the destroyed
 * ones.
 * @param entry proven entry of the log
 */
export function erasureIn(
  entry: StoredEntry,
  opened: RecordedOpened | undefined,
  crypto: LedgerCrypto,
  { keys }: { readonly keys: readonly ProofKey[] },
): ErasureFound | { readonly mismatch: Mismatch } {
  const check = 'erasure';
  const parsed = ErasureEntry.safeParse(entry.payload);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = ['payload', ...issue!.path].join('.');
    return { mismatch: { check, field, expected: 'the form witan-erasure/1', actual: issue!.message } };
  }
  const { erasureId, certificate } = parsed.data;
  const trusted = keys
    .filter(({ keyId, state }) => keyId === certificate.keyId && state !== 'revoked')
    .map(({ publicKey }) => fromHex(publicKey));
  const { ok, mismatch } = verifyDeletionCertificate(certificate, trusted, crypto);
  if (!ok) return { mismatch: { ...mismatch!, field: `payload.certificate.${mismatch!.field}` } };
  const needed = opened && 'sealed' in opened ? opened.sealed.keyId.split('+') : [];
  if (needed.some((keyId) => certificate.body.keyIds.includes(keyId)))
    return { erasureId, index: entry.index, certificate: certificate.body };
  const expected = `one of the keys of the request (${needed.join(', ') || 'it is not sealed'})`;
  const actual = `${certificate.body.keyIds.length} other keys`;
  return { mismatch: { check, field: 'payload.certificate.body.keyIds', expected, actual } };
}
