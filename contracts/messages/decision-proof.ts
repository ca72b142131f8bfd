/** Everything that proves one decision offline: what was accepted and what was decided. */
import { z } from 'zod';
import { RecordProof } from './proof.ts';
import { DecisionDisclosure } from './privacy/sealed-record.ts';

/** Proofs of both entries; the seats' keys are frozen in `opened`, the ballots stand in `final`. */
export const DecisionProof = z.strictObject({
  format: z.literal('witan-decision-proof/1'),
  opened: RecordProof,
  final: RecordProof,
  /** A person's word on it, in log order. */
  resolutions: z.array(RecordProof).max(100),
  /** What the records seal; absent: the reader may not see it, nothing is sealed, or it is erased. */
  disclosure: DecisionDisclosure.optional(),
  /** The entry that says that what was sealed is erased. */
  erasure: RecordProof.optional(),
});
/** See {@link DecisionProof}. */
export type DecisionProof = z.infer<typeof DecisionProof>;

/** Public key that a reader pins: written by a node at start, copied by hand or over another channel. */
export const PinnedKey = z.strictObject({
  format: z.literal('witan-verify-key/1'),
  logId: z.string().min(1).max(200),
  /** Raw Ed25519 keys that sign the log's checkpoints, 64 hex digits each, newest first. */
  publicKeys: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(100),
  /**
   * ML-DSA-44 keys (name+hash+key, C2SP signed-note); where there are any, each checkpoint needs a
   * co-signature by one of them too.
   */
  coSignerKeys: z.array(z.string().max(2_500)).max(20).optional(),
});
/** See {@link PinnedKey}. */
export type PinnedKey = z.infer<typeof PinnedKey>;
