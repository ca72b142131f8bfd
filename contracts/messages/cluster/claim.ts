/** Who owns a shard or a singleton: one key each, changed by compare-and-set only. */
import { z } from 'zod';
import { Incarnation, NodeName } from './member.ts';

/** Owner of a claim. It owns only as long as the lease of its incarnation lasts. */
export const ClaimHolder = z.object({ node: NodeName, incarnation: Incarnation });
/** See {@link ClaimHolder}. */
export type ClaimHolder = z.infer<typeof ClaimHolder>;

/** Value of a claim's key; the key's revision is the generation of its holder. */
export const ClaimRecord = z.object({
  format: z.literal('witan-claim/1'),
  /** Null: released, and free for whoever should have it. */
  holder: ClaimHolder.nullable(),
});
/** See {@link ClaimRecord}. */
export type ClaimRecord = z.infer<typeof ClaimRecord>;
