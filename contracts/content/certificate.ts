/** Certificates of content: what exactly is signed, and how an outsider checks one. */
import { fromBase64Url, toHex, utf8 } from '../ledger/bytes.ts';
import { canonicalJson } from '../ledger/canonical-json.ts';
import type { LedgerCrypto } from '../ledger/crypto.ts';
import { Checklist, type Verification } from '../ledger/verification.ts';
import { ContentCertificate, type ContentCertificateBody } from '../messages/content/certificate.ts';

/** First line of the bytes that a node signs for a certificate. */
export const CONTENT_CERTIFICATE_DOMAIN = 'witan-content-certificate/1\n';

/** Bytes that the signature covers: domain line, then the canonical body. */
export function contentCertificateBytes(body: ContentCertificateBody): Uint8Array {
  return utf8(CONTENT_CERTIFICATE_DOMAIN + canonicalJson(body));
}

/** What a reader checks a certificate against. */
export interface ContentCertificateTrust {
  /** Raw Ed25519 keys that the reader trusts as the node's, as `key` entries of the record give them. */
  readonly publicKeys: readonly Uint8Array[];
  /** Hash of the content in the reader's hands, `sha256:` + hex; absent: not compared. */
  readonly contentHash?: string;
  /** Reader's time, ms; absent: the expiry is not looked at. */
  readonly atMs?: number;
  readonly crypto: LedgerCrypto;
}

/**
 * Checks form, signature, content and expiry. Never throws.
 *
 * A revocation does not show on the certificate: ask the log or the VerificationContract.
 */
export function verifyContentCertificate(
  certificate: unknown,
  { publicKeys, contentHash, atMs, crypto }: ContentCertificateTrust,
): Verification {
  const list = new Checklist();
  return list.run(() => {
    list.begin('form');
    const parsed = ContentCertificate.safeParse(certificate);
    const issue = parsed.error?.issues[0];
    const field = issue?.path.join('.') || 'certificate';
    const expected = 'the form witan-content-certificate/1';
    list.holds(parsed.success, { field, expected, actual: issue?.message ?? '' });
    const { body, keyId, signature } = parsed.data!;
    list.begin('signature');
    const key = publicKeys.find((one) => keyId.endsWith(`#${toHex(crypto.sha256(one).subarray(0, 8))}`));
    list.holds(key !== undefined, { field: 'keyId', expected: 'a trusted key', actual: keyId });
    const holds = crypto.verifyEd25519(key!, contentCertificateBytes(body), fromBase64Url(signature));
    list.holds(holds, { field: 'signature', expected: 'a signature of the key', actual: signature });
    if (contentHash !== undefined) {
      list.begin('content');
      list.equal('body.contentHash', contentHash, body.contentHash);
    }
    if (atMs !== undefined && body.expiresAt !== null) {
      list.begin('expiry');
      const holdsNow = atMs < Date.parse(body.expiresAt);
      list.holds(holdsNow, { field: 'body.expiresAt', expected: 'a later time', actual: body.expiresAt });
    }
  });
}
