/** Content on this machine: its hash and its metadata in normal form, before anything is sent (PRF-10). */
import { metadataDigest, normaliseMetadata } from '../../contracts/content/metadata.ts';
import { toHex, utf8 } from '../../contracts/ledger/bytes.ts';
import type { ContentMetadata } from '../../contracts/messages/content/content-fields.ts';
import type { Digest } from '../../contracts/messages/ids.ts';

/** What is said of content when it is registered. */
export interface DescribedContent {
  /** SHA-256 of the bytes; those of a text are UTF-8. */
  readonly digest: Digest;
  readonly metadata: ContentMetadata;
  /** SHA-256 of the canonical JSON of the metadata. */
  readonly metadataDigest: Digest;
}

/**
 * Hash and metadata of generated content, for `POST /api/v1/content/register` without the content itself.
 * Runs in browsers and in Node.
 *
 * @param content text or bytes, exactly as they are published
 * @param source answer or request of the generator, or metadata written by hand; prompts are not taken over
 * @throws invalid_argument, too_large with the field of `source`
 * @example const { digest, metadata } = await describeContent(answer.text, answer)
 */
export async function describeContent(
  content: string | Uint8Array,
  source: Readonly<Record<string, unknown>>,
): Promise<DescribedContent> {
  const { sha256 } = await import('@noble/hashes/sha2.js');
  const metadata = normaliseMetadata(source);
  const bytes = typeof content === 'string' ? utf8(content) : content;
  return {
    digest: `sha256:${toHex(sha256(bytes))}` as Digest,
    metadata,
    metadataDigest: metadataDigest(metadata, sha256),
  };
}
