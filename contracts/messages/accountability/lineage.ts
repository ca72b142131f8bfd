/** Where data came from and which decisions used it (ACC-13). */
import { z } from 'zod';
import { DecisionId, Digest } from '../ids.ts';

/** One use of a datum by a decision. */
export const DatumUse = z.strictObject({
  digest: Digest,
  decision_id: DecisionId,
  /** What it was to the decision. */
  role: z.enum(['attachment', 'tool', 'retrieved', 'evidence']),
  /** Name of the file or the tool, as the caller gave it. */
  name: z.string().nullable(),
  media_type: z.string().nullable(),
  /** Entry of the log that says so. */
  log_id: z.uuid(),
  index: z.int().min(0),
});
/** See {@link DatumUse}. */
export type DatumUse = z.infer<typeof DatumUse>;

/** Answer of `GET /api/v1/lineage/{digest or decision id}`. */
export const Lineage = z.strictObject({
  of: z.string(),
  uses: z.array(DatumUse),
  nextCursor: z.string().nullable(),
});
/** See {@link Lineage}. */
export type Lineage = z.infer<typeof Lineage>;
