/** Verifying content: what log, chain, certificates and watermarks say of it (PRF-12, PRF-16). */
import { z } from 'zod';
import { Digest } from '../ids.ts';
import { RecordProof } from '../proof.ts';
import { ContentCertificateView } from './certificate.ts';
import { ContentProvenance } from './provenance.ts';
import { ContentChainState, ContentRecord } from './registration.ts';
import { WatermarkEvidence } from './watermark.ts';

/** What the chain's own register says of a hash; public. */
export const ContentChainRecord = z.strictObject({
  chainId: z.int().positive(),
  contract: z.string(),
  tokenId: z.string(),
  creator: z.string(),
  /** Block time of the registration. */
  registeredAt: z.iso.datetime(),
  modelId: z.string(),
  /** Content id of the metadata. */
  metadata: z.string(),
  isVerified: z.boolean(),
});
/** See {@link ContentChainRecord}. */
export type ContentChainRecord = z.infer<typeof ContentChainRecord>;

/** Answer to `POST /api/v1/content/verify`. */
export const ContentVerification = z.strictObject({
  contentHash: Digest,
  /** Whether log or chain know the hash. */
  registered: z.boolean(),
  /** Whether a certificate of this node stands that is neither revoked nor expired. */
  isVerified: z.boolean(),
  /** `disputed`: log and chain contradict each other; `disagreements` says how. */
  status: z.enum(['verified', 'registered', 'unknown', 'disputed']),
  /** Null: the log holds nothing that this caller may read. */
  record: ContentRecord.nullable(),
  proof: RecordProof.nullable(),
  chain: z.strictObject({
    /** `off`: no chain is configured; `unreachable`: it was not asked, so nothing follows from it. */
    state: z.enum(['off', 'unreachable', 'absent', 'present']),
    record: ContentChainRecord.nullable(),
    registration: ContentChainState.nullable(),
  }),
  /** Everything in which log and chain differ, for people. */
  disagreements: z.array(z.string()),
  certificates: z.array(ContentCertificateView),
  provenance: ContentProvenance.nullable(),
  /** Marks found in the content itself; empty where only its hash was given. */
  watermarks: z.array(WatermarkEvidence),
});
/** See {@link ContentVerification}. */
export type ContentVerification = z.infer<typeof ContentVerification>;
