/** Fields that every message about content shares: hashes, metadata, limits. */
import { z } from 'zod';
import { Digest } from '../ids.ts';

/** Limits of content and of what is said about it. */
export const CONTENT_LIMITS = {
  /** UTF-8 bytes of a model's name and version: what the contract takes. */
  nameBytes: 128,
  /** Canonical JSON of the parameters, in bytes. */
  parametersBytes: 16_384,
  /** Contents that one content is made from: what the contract takes. */
  parentCount: 16,
  /** UTF-16 code units of a text in a message. */
  textLength: 8_388_608,
  /** Base64 digits of bytes in a message; the door's own limit of a body comes first. */
  base64Length: 89_478_488,
} as const;

const encoder = new TextEncoder();

/** Name of a model or version: at most 128 bytes of UTF-8, no control characters. */
export const ModelName = z
  .string()
  .min(1)
  .refine(
    (text) => encoder.encode(text).length <= CONTENT_LIMITS.nameBytes && !/[\u0000-\u001f\u007f]/.test(text),
    'at most 128 bytes without control characters',
  );

/** Hash of content: SHA-256 of its bytes, `sha256:` + hex; also taken as 64 hex digits or with `0x`. */
export const ContentHash = z
  .string()
  .max(80)
  .transform((text) => `sha256:${text.replace(/^(?:sha256:|0x)/, '').toLowerCase()}`)
  .pipe(Digest);

/** Media type of content, as `text/plain`. */
export const MediaType = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/, 'a media type in lower case, without parameters');

/** Canonical base64 with padding. */
export const Base64Text = z
  .string()
  .max(CONTENT_LIMITS.base64Length)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'base64 with padding');

/** What is said of content beside its hash, in normal form (PRF-10). */
export const ContentMetadata = z.strictObject({
  modelId: ModelName,
  modelVersion: ModelName.optional(),
  /** SHA-256 of the model's artefact. */
  modelDigest: Digest.optional(),
  /** When it was made, as its maker says. */
  createdAt: z.iso.datetime(),
  /** Parameters of generation; JSON values. */
  parameters: z.record(z.string().max(200), z.json()),
  /** Who made it, as the maker says; stays off the chain. */
  creator: z.string().min(1).max(200).optional(),
  mediaType: MediaType.optional(),
});
/** See {@link ContentMetadata}. */
export type ContentMetadata = z.infer<typeof ContentMetadata>;

/** How content came about. */
export const ContentOrigin = z.enum(['generated', 'modified', 'combined']);
/** See {@link ContentOrigin}. */
export type ContentOrigin = z.infer<typeof ContentOrigin>;

/** Where an entry about content stands in the log. */
export const ContentRecordPlace = z.strictObject({
  logId: z.string(),
  /** Position in the log, from 0. */
  index: z.int().min(0),
  /** Leaf in the Merkle log. */
  leafHash: Digest,
  /** Wall clock of the node; display only. */
  at: z.iso.datetime(),
});
/** See {@link ContentRecordPlace}. */
export type ContentRecordPlace = z.infer<typeof ContentRecordPlace>;
