/** A record and everything needed to check it offline. */
import { z } from 'zod';

/** BLS key of a seat, beside its Ed25519 key and with the same life. */
export const AggregateKey = z.strictObject({
  /** Compressed point of G1, 96 hex digits. */
  publicKey: z.string().regex(/^[0-9a-f]{96}$/),
  /** Proof of possession: compressed point of G2, 192 hex digits. */
  possession: z.string().regex(/^[0-9a-f]{192}$/),
});
/** See {@link AggregateKey}. */
export type AggregateKey = z.infer<typeof AggregateKey>;

/** Public key as it stands in a proof; `state` as of the checkpoint. */
export const ProofKey = z.strictObject({
  keyId: z.string(),
  purpose: z.string(),
  /** Raw Ed25519 key, 64 hex digits. */
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.enum(['active', 'retired', 'revoked']),
  /** Absent: the key takes part in no aggregate. */
  aggregate: AggregateKey.optional(),
});
/** See {@link ProofKey}. */
export type ProofKey = z.infer<typeof ProofKey>;

/** Bundle that `witan verify` reads. Nothing in it is trusted but the pinned key of the reader. */
export const RecordProof = z.strictObject({
  format: z.literal('witan-proof/1'),
  logId: z.string(),
  index: z.int().min(0),
  /** Canonical JSON of the entry, exactly as hashed. */
  canonical: z.string(),
  leafHash: z.string(),
  chainHash: z.string(),
  /** RFC 6962 audit path, 64 hex digits each, leaf side first. */
  inclusion: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(64),
  checkpoint: z.strictObject({
    logId: z.string(),
    size: z.int().min(1),
    root: z.string().regex(/^[0-9a-f]{64}$/),
    chainHash: z.string(),
    note: z.string(),
  }),
  keys: z.array(ProofKey).max(200),
});
/** See {@link RecordProof}. */
export type RecordProof = z.infer<typeof RecordProof>;
