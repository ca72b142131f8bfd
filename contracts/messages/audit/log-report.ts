/** What a node says of its log: proofs, witnesses, and whether the chain holds. */
import { z } from 'zod';

/** A proof in the form of C2SP tlog-proof, and the entry that it is for. */
export const TlogProofView = z.strictObject({
  index: z.int().min(0),
  /** Text of a `.tlog-proof` file. */
  proof: z.string(),
  /** Canonical JSON of the entry: its UTF-8 bytes are the leaf. */
  entry: z.string(),
});
/** See {@link TlogProofView}. */
export type TlogProofView = z.infer<typeof TlogProofView>;

/** How the log stands with its witnesses. */
export const LogReport = z.strictObject({
  logId: z.string(),
  size: z.int().min(0),
  /** Entries that the published checkpoint covers. */
  publishedSize: z.int().min(0),
  /** Name in the policy; null: no witness is asked for. */
  quorum: z.string().nullable(),
  hasQuorum: z.boolean(),
  witnesses: z.array(
    z.strictObject({
      name: z.string(),
      url: z.string(),
      /** Size that it vouched for last; null: none yet. */
      size: z.int().min(0).nullable(),
      circuit: z.enum(['closed', 'open', 'half-open']),
      /** Why it did not vouch the last time. */
      fault: z.string().nullable(),
    }),
  ),
});
/** See {@link LogReport}. */
export type LogReport = z.infer<typeof LogReport>;

/** Outcome of a check of the whole chain. */
export const ChainReport = z.strictObject({
  ok: z.boolean(),
  logId: z.string(),
  /** Records that were read and hold. */
  size: z.int().min(0),
  checked: z.array(z.string()),
  /** The first link that does not hold. */
  broken: z
    .strictObject({
      /** Null: the records hold, the signed head does not. */
      index: z.int().min(0).nullable(),
      decisionId: z.string().nullable(),
      field: z.string(),
      segment: z.int().nullable(),
      offset: z.int().nullable(),
      expected: z.string(),
      found: z.string(),
    })
    .nullable(),
  elapsedMs: z.number(),
});
/** See {@link ChainReport}. */
export type ChainReport = z.infer<typeof ChainReport>;
