/** Registering content: request, record and receipt (PRF-11, PRF-15). */
import { z } from 'zod';
import { Digest } from '../ids.ts';
import { RecordProof } from '../proof.ts';
import { ContentCertificate } from './certificate.ts';
import {
  Base64Text,
  CONTENT_LIMITS,
  ContentHash,
  ContentMetadata,
  ContentOrigin,
  ContentRecordPlace,
} from './content-fields.ts';

/** The three ways to name content; exactly one is given. */
const named = {
  /** The content itself, as text; its bytes are UTF-8. */
  text: z.string().max(CONTENT_LIMITS.textLength).optional(),
  /** The content itself, as bytes. */
  base64: Base64Text.optional(),
  /** SHA-256 of content that stays with the caller. */
  digest: ContentHash.optional(),
};

const isNamedOnce = ({ text, base64, digest }: { text?: unknown; base64?: unknown; digest?: unknown }) =>
  [text, base64, digest].filter((one) => one !== undefined).length === 1;

const ONE_OF = 'exactly one of text, base64 and digest';

/** Content that is handed in or named by its hash. */
export const ContentSource = z.strictObject(named).refine(isNamedOnce, ONE_OF);
/** See {@link ContentSource}. */
export type ContentSource = z.infer<typeof ContentSource>;

/** Body of `POST /api/v1/content/register`. */
export const ContentRegisterRequest = z
  .strictObject({
    ...named,
    metadata: ContentMetadata,
    /** Registered contents that this one is made from. */
    parents: z.array(ContentHash).max(CONTENT_LIMITS.parentCount).default([]),
    /** Default: by the number of parents: generated, modified, combined. */
    origin: ContentOrigin.optional(),
    /** Whether the node keeps the bytes; never with `digest`. */
    store: z.boolean().default(false),
    /** Whether a certificate is issued at once; needs the scope for it. */
    certify: z.boolean().default(false),
  })
  .refine(isNamedOnce, ONE_OF)
  .refine(({ store, digest }) => !store || digest === undefined, 'content to store, not its digest alone')
  .refine(({ parents }) => new Set(parents).size === parents.length, 'each parent once');
/** See {@link ContentRegisterRequest}. */
export type ContentRegisterRequest = z.infer<typeof ContentRegisterRequest>;

/** One transaction that the node signed for a content. */
export const ContentTransaction = z.strictObject({
  step: z.enum(['commit', 'reveal', 'model', 'lineage', 'certificate', 'revocation']),
  hash: z.string().regex(/^0x[0-9a-f]{64}$/),
  state: z.enum(['signed', 'included', 'confirmed', 'reverted']),
});
/** See {@link ContentTransaction}. */
export type ContentTransaction = z.infer<typeof ContentTransaction>;

/** How far a registration is on its chain. `off`: this node registers in its log alone. */
export const ContentChainState = z.strictObject({
  state: z.enum(['off', 'queued', 'committed', 'registered', 'refused', 'failed']),
  chainId: z.int().positive().optional(),
  /** Address of the ContentRegistry. */
  contract: z.string().optional(),
  /** Token (ERC-721) of the content, decimal. */
  tokenId: z.string().optional(),
  transactions: z.array(ContentTransaction).optional(),
  /** Whether the lineage stands on the chain too, and why not. */
  lineage: z.enum(['recorded', 'skipped']).optional(),
  /** For people: what it waits for, or why it failed. */
  detail: z.string(),
});
/** See {@link ContentChainState}. */
export type ContentChainState = z.infer<typeof ContentChainState>;

/** What the log holds of a content. */
export const ContentRecord = z.strictObject({
  contentHash: Digest,
  metadata: ContentMetadata,
  /** SHA-256 of the canonical JSON of the metadata. */
  metadataDigest: Digest,
  /** The same as a content identifier: what the token names. */
  metadataCid: z.string(),
  /** IPFS content id of the bytes; null where only their hash was handed in. */
  cid: z.string().nullable(),
  sizeBytes: z.int().min(0).nullable(),
  parents: z.array(Digest),
  origin: ContentOrigin,
  /** Whether the node keeps the bytes. */
  isStored: z.boolean(),
  registeredBy: z.string(),
  place: ContentRecordPlace,
});
/** See {@link ContentRecord}. */
export type ContentRecord = z.infer<typeof ContentRecord>;

/** Answer to a registration: durable in the log when it is said, whatever the chain does. */
export const ContentReceipt = z.strictObject({
  record: ContentRecord,
  /** Proof that the entry is in the log. */
  proof: RecordProof,
  chain: ContentChainState,
  certificate: ContentCertificate.nullable(),
});
/** See {@link ContentReceipt}. */
export type ContentReceipt = z.infer<typeof ContentReceipt>;
