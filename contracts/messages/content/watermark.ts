/** Invisible watermarks: request, answer, and what a detector found (PRF-14, PRF-18). */
import { z } from 'zod';
import { Digest } from '../ids.ts';
import { Base64Text, CONTENT_LIMITS, ContentRecordPlace, MediaType } from './content-fields.ts';

/** Body of `POST /api/v1/content/watermark`: a text or an image (PNG or JPEG). */
export const WatermarkRequest = z
  .strictObject({
    text: z.string().min(1).max(CONTENT_LIMITS.textLength).optional(),
    /** Bytes of an image. */
    base64: Base64Text.optional(),
  })
  .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), 'one of text and base64');
/** See {@link WatermarkRequest}. */
export type WatermarkRequest = z.infer<typeof WatermarkRequest>;

/** Marked content. What a mark survives and what not is measured in docs/proof.md. */
export const WatermarkAnswer = z.strictObject({
  kind: z.enum(['text', 'image']),
  /** What the mark carries: hex; leads to the entry in the log. */
  markId: z.string().regex(/^[0-9a-f]{12}$/),
  text: z.string().nullable(),
  base64: z.string().nullable(),
  mediaType: MediaType,
  /** Hash of what was handed in. */
  originalHash: Digest,
  /** Hash of the marked content: another content, to be registered by itself. */
  contentHash: Digest,
  /** Peak signal-to-noise ratio against the original, dB; null for text. */
  psnrDb: z.number().nullable(),
  /** Invisible characters added; null for an image. */
  addedCharacters: z.int().nullable(),
  /** Whether our own detector reads the mark back from exactly this content. */
  isReadable: z.boolean(),
  place: ContentRecordPlace,
});
/** See {@link WatermarkAnswer}. */
export type WatermarkAnswer = z.infer<typeof WatermarkAnswer>;

/** A mark that was found. It says that the node marked something; whether it was this, the hashes say. */
export const WatermarkEvidence = z.strictObject({
  kind: z.enum(['text', 'image']),
  /** Null: a mark of this tenant is there, but too weak to be read. */
  markId: z.string().nullable(),
  /** Standard deviations above chance (image); readable cells (text). */
  strength: z.number(),
  /** Highest probability that unmarked content gives this. */
  falsePositiveRate: z.number(),
  /** Hash that was marked; null: no entry of this tenant knows the mark. */
  originalHash: Digest.nullable(),
  /** Hash after marking; another hash now: the content was changed since, or the mark was copied here. */
  markedHash: Digest.nullable(),
  isUnchanged: z.boolean(),
});
/** See {@link WatermarkEvidence}. */
export type WatermarkEvidence = z.infer<typeof WatermarkEvidence>;
