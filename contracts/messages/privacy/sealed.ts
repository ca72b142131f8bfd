/** Personal data as it stands on the record: unreadable without keys that can be destroyed. */
import { z } from 'zod';

const Base64Url = (maxLength: number): z.ZodString =>
  z
    .string()
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]*$/, 'base64url');

/** Names of keys, 32 hex digits each; where there are several, joined by `+`, all are needed. */
export const SubjectKeyIds = z
  .string()
  .regex(/^[0-9a-f]{32}(?:\+[0-9a-f]{32}){0,16}$/, '32 hex digits, several joined by +');

/** AES-256-GCM under a key of the subject's own. The key follows from the named keys and the nonce. */
export const SealedData = z.strictObject({
  format: z.literal('witan-sealed/1'),
  keyId: SubjectKeyIds,
  nonce: Base64Url(22),
  /** Ciphertext and tag. */
  bytes: Base64Url(5_600_000),
});
/** See {@link SealedData}. */
export type SealedData = z.infer<typeof SealedData>;

/** HMAC-SHA-256 under a salt that is gone with the subject's key. */
export const SubjectCommitment = z.strictObject({
  format: z.literal('witan-commitment/1'),
  keyId: SubjectKeyIds,
  nonce: Base64Url(22),
  hmac: z.string().regex(/^[0-9a-f]{64}$/),
});
/** See {@link SubjectCommitment}. */
export type SubjectCommitment = z.infer<typeof SubjectCommitment>;

/** Stands in the place of personal fields of an entry: what they were can be proved until it is erased. */
export const SealedFields = z.strictObject({
  format: z.literal('witan-personal/1'),
  commitment: SubjectCommitment,
  sealed: SealedData,
});
/** See {@link SealedFields}. */
export type SealedFields = z.infer<typeof SealedFields>;
