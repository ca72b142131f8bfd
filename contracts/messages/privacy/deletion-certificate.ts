/** What a node hands out when it erased a person's data: signed, and checked without the node. */
import { z } from 'zod';

const Digits = (length: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));

/** What is certified. Names no person: the tag is a pseudonym that only the node can compute again. */
export const DeletionCertificateBody = z.strictObject({
  tenant: z.string().min(1).max(1_000),
  /** Pseudonym of the subject at the node. */
  subjectTag: Digits(64),
  /** Null: all purposes. */
  purpose: z.string().max(1_000).nullable(),
  /** Keys that were destroyed; sealed data and commitments name them. None: there was no data. */
  keyIds: z.array(Digits(32)).max(1_000_000),
  reason: z.string().max(2_000),
  approvedBy: z.string().max(500),
  /** ISO 8601; the order of events is that of the record. */
  destroyedAt: z.string().max(40),
  /**
   * `destroyed`: copies of the key store from before open no more. `pending`: they still open under the named
   * wrapping key, until the node destroys it.
   */
  copies: z.enum(['destroyed', 'pending']),
  wrappingKeyId: z.string().max(100).nullable(),
});
/** See {@link DeletionCertificateBody}. */
export type DeletionCertificateBody = z.infer<typeof DeletionCertificateBody>;

/** A certificate with the signature of the node that destroyed the keys. */
export const DeletionCertificate = z.strictObject({
  format: z.literal('witan-deletion/1'),
  body: DeletionCertificateBody,
  /** `node#…`, as it stands on the record. */
  keyId: z.string().max(100),
  /** Ed25519, base64url. */
  signature: z.string().max(100),
});
/** See {@link DeletionCertificate}. */
export type DeletionCertificate = z.infer<typeof DeletionCertificate>;
