/** Deletion certificates: what exactly is signed, and how an outsider checks one. */
import {
  DeletionCertificate,
  type DeletionCertificateBody,
} from '../messages/privacy/deletion-certificate.ts';
import { fromBase64Url, toHex, utf8 } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import type { LedgerCrypto } from './crypto.ts';
import { Checklist, type Verification } from './verification.ts';

/** First line of the bytes that a node signs for a deletion. */
export const DELETION_DOMAIN = 'witan-deletion/1\n';

/** Bytes that the signature covers: domain line, then the canonical body. */
export function deletionSigningBytes(body: DeletionCertificateBody): Uint8Array {
  return utf8(DELETION_DOMAIN + canonicalJson(body));
}

/**
 * Checks a certificate against public keys that the reader trusts as the node's. Never throws.
 * @param certificate whatever was read
 * @param publicKeys raw Ed25519 keys, as `key` entries of the record give them
 */
export function verifyDeletionCertificate(
  certificate: unknown,
  publicKeys: readonly Uint8Array[],
  crypto: LedgerCrypto,
): Verification {
  const list = new Checklist();
  return list.run(() => {
    list.begin('form');
    const parsed = DeletionCertificate.safeParse(certificate);
    const issue = parsed.error?.issues[0];
    const field = issue?.path.join('.') || 'certificate';
    const expected = 'the form witan-deletion/1';
    list.holds(parsed.success, { field, expected, actual: issue?.message ?? '' });
    const { body, keyId, signature } = parsed.data!;
    list.begin('signature');
    const key = publicKeys.find((one) => keyId.endsWith(`#${toHex(crypto.sha256(one).subarray(0, 8))}`));
    list.holds(key !== undefined, { field: 'keyId', expected: 'a trusted key', actual: keyId });
    const holds = crypto.verifyEd25519(key!, deletionSigningBytes(body), fromBase64Url(signature));
    list.holds(holds, {
      field: 'signature',
      expected: `a signature by ${keyId}`,
      actual: 'it does not verify',
    });
  });
}
