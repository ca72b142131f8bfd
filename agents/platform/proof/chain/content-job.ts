/** Work that waits for the chain: what is to be done, how far it is, and every byte that was signed for it. */
import { z } from 'zod';

const Hash = z.string().regex(/^0x[0-9a-f]{64}$/);

/** Steps that take a transaction each. */
export const ContentStep = z.enum(['commit', 'reveal', 'model', 'lineage', 'certificate', 'revocation']);
/** See {@link ContentStep}. */
export type ContentStep = z.infer<typeof ContentStep>;

/** One nonce of the account, and every transaction that was signed with it. */
export const SignedStep = z.strictObject({
  step: ContentStep,
  nonce: z.int().min(0),
  /** Oldest first; all but the first pay more for the same. Whichever is included, the step is done once. */
  variants: z
    .array(z.strictObject({ hash: Hash, raw: z.string() }))
    .min(1)
    .max(12),
  state: z.enum(['signed', 'included', 'confirmed', 'reverted', 'lost']),
  /** Variant that was included. */
  includedHash: Hash.optional(),
});
/** See {@link SignedStep}. */
export type SignedStep = z.infer<typeof SignedStep>;

const shared = {
  /** Unique in the outbox. */
  id: z.string().min(1).max(120),
  tenant: z.string(),
  /** `sha256:` + hex. */
  contentHash: z.string(),
  /** False until the log has the entry; nothing is sent before. */
  isRecorded: z.boolean(),
  transactions: z.array(SignedStep).max(40),
  /** Transactions of this job that were reverted, and calls that the contract refused. */
  failureCount: z.int().min(0),
  /** For people. */
  detail: z.string(),
};

/** A registration: commit, wait, reveal, then the lineage. */
export const RegisterJob = z.strictObject({
  ...shared,
  kind: z.literal('register'),
  modelId: z.string(),
  /** Content id of the metadata. */
  metadata: z.string(),
  /** 32 random bytes; whoever does not know them cannot guess what was committed to. */
  salt: Hash,
  model: z.strictObject({ digest: z.string(), version: z.string() }).nullable(),
  /** 0 generated, 1 modified, 2 combined. */
  origin: z.int().min(0).max(2),
  /** `sha256:` + hex. */
  parametersHash: z.string(),
  parents: z.array(z.string()).max(16),
});
/** See {@link RegisterJob}. */
export type RegisterJob = z.infer<typeof RegisterJob>;

/** A certificate to issue. */
export const CertificateJob = z.strictObject({
  ...shared,
  kind: z.literal('certificate'),
  certificateId: z.string(),
  /** Leaf of the entry of the certificate, `sha256:` + hex; empty until it is durable. */
  evidenceHash: z.string(),
  /** Unix time, s; 0: never. */
  expiresAtS: z.int().min(0),
});
/** See {@link CertificateJob}. */
export type CertificateJob = z.infer<typeof CertificateJob>;

/** A certificate to revoke. */
export const RevocationJob = z.strictObject({
  ...shared,
  kind: z.literal('revocation'),
  certificateId: z.string(),
  /** Leaf of the entry of the certificate: finds it on the chain. */
  evidenceHash: z.string(),
  /** Leaf of the entry that says why, `sha256:` + hex. */
  reasonHash: z.string(),
});
/** See {@link RevocationJob}. */
export type RevocationJob = z.infer<typeof RevocationJob>;

/** Anything that waits for the chain. */
export const ContentJob = z.discriminatedUnion('kind', [RegisterJob, CertificateJob, RevocationJob]);
/** See {@link ContentJob}. */
export type ContentJob = z.infer<typeof ContentJob>;

/** A job as it begins. */
export const FRESH_JOB = {
  isRecorded: false,
  transactions: [],
  failureCount: 0,
  detail: 'waits for its turn',
} as const;
