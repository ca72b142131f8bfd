/** One file with everything that proves a decision: records, log, witnesses, chain. */
import { z } from 'zod';
import { AnchorReceipt } from './anchor.ts';
import { DecisionProof } from './decision-proof.ts';

/** What `witan bundle` writes and `witan verify --offline` reads. Nothing in it is trusted. */
export const EvidenceBundle = z.strictObject({
  format: z.literal('witan-bundle/1'),
  decision: DecisionProof,
  /** Text of a C2SP tlog-proof of the `final` record, under the checkpoint that witnesses signed. */
  witnessed: z.string().max(8_388_608).nullable(),
  /** Anchors that cover the `final` record, one of each chain. */
  anchors: z.array(AnchorReceipt).max(16),
});
/** See {@link EvidenceBundle}. */
export type EvidenceBundle = z.infer<typeof EvidenceBundle>;
