/** Certificates of content: issued over a record, signed, revocable, never deleted. */
import { z } from 'zod';
import { Digest } from '../ids.ts';

/** What is certified: that the record stands in the log under these hashes. */
export const ContentCertificateBody = z.strictObject({
  /** `c` + 32 hex digits. */
  id: z.string().regex(/^c[0-9a-f]{32}$/),
  contentHash: Digest,
  metadataDigest: Digest,
  /** Log of the record that the certificate rests on. */
  logId: z.string().min(1).max(200),
  index: z.int().min(0),
  leafHash: Digest,
  issuedAt: z.iso.datetime(),
  /** Null: it does not end by itself. */
  expiresAt: z.iso.datetime().nullable(),
});
/** See {@link ContentCertificateBody}. */
export type ContentCertificateBody = z.infer<typeof ContentCertificateBody>;

/** A certificate with the signature of the node that issued it. */
export const ContentCertificate = z.strictObject({
  format: z.literal('witan-content-certificate/1'),
  body: ContentCertificateBody,
  /** `certificate#…`, as it stands on the record. */
  keyId: z.string().max(100),
  /** Ed25519, base64url. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
/** See {@link ContentCertificate}. */
export type ContentCertificate = z.infer<typeof ContentCertificate>;

/** A certificate and what became of it. */
export const ContentCertificateView = z.strictObject({
  certificate: ContentCertificate,
  /** As of now; the record says why. */
  state: z.enum(['valid', 'expired', 'revoked']),
  revokedAt: z.iso.datetime().nullable(),
  revocationReason: z.string().nullable(),
  /** Id at the VerificationContract, decimal; null: not on a chain, or not yet. */
  chainCertificateId: z.string().nullable(),
});
/** See {@link ContentCertificateView}. */
export type ContentCertificateView = z.infer<typeof ContentCertificateView>;

/** Body of `POST /api/v1/content/{hash}/certificates`. */
export const ContentCertifyRequest = z.strictObject({
  /** Days until it ends; absent: as the settings say, 0: never. */
  lifeDays: z.int().min(0).max(36_500).optional(),
});
/** See {@link ContentCertifyRequest}. */
export type ContentCertifyRequest = z.infer<typeof ContentCertifyRequest>;

/** Body of `POST /api/v1/content/{hash}/certificates/{id}/revoke`. */
export const ContentRevokeRequest = z.strictObject({
  /** Why; it is recorded. */
  reason: z.string().min(1).max(1_000),
});
/** See {@link ContentRevokeRequest}. */
export type ContentRevokeRequest = z.infer<typeof ContentRevokeRequest>;
