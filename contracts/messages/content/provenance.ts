/** Where content comes from: its ancestors, what was made from it, and who says so (PRF-17). */
import { z } from 'zod';
import { Digest } from '../ids.ts';
import { ContentOrigin, ContentRecordPlace } from './content-fields.ts';

/** One content of the graph. */
export const ProvenanceNode = z.strictObject({
  contentHash: Digest,
  origin: ContentOrigin,
  modelId: z.string(),
  modelVersion: z.string().nullable(),
  modelDigest: Digest.nullable(),
  /** SHA-256 of the canonical JSON of the parameters. */
  parametersDigest: Digest,
  createdAt: z.iso.datetime(),
  /** Edges from the content that was asked for; negative towards what was made from it. */
  distance: z.int(),
  place: ContentRecordPlace,
});
/** See {@link ProvenanceNode}. */
export type ProvenanceNode = z.infer<typeof ProvenanceNode>;

/** A graph without cycles: each edge leads to an older record. */
export const ContentProvenance = z.strictObject({
  contentHash: Digest,
  nodes: z.array(ProvenanceNode).max(256),
  edges: z
    .array(
      z.strictObject({
        child: Digest,
        parent: Digest,
        relation: z.enum(['made-from', 'watermarked']),
      }),
    )
    .max(2_048),
  /** True: there is more than the graph may hold. */
  isTruncated: z.boolean(),
});
/** See {@link ContentProvenance}. */
export type ContentProvenance = z.infer<typeof ContentProvenance>;
