/** Manifests: what one batch of the archive holds, signed by the node, written last. */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';

/** Purpose of the key that signs manifests and backup points; its public half stands on the record. */
export const ARCHIVE_PURPOSE = 'archive';

const Hash = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const count = z.int().min(0);

/** One object of a batch. */
export const PackInfo = z.strictObject({
  key: z.string().max(1_024),
  /** Of the bytes as they are stored: encrypted. */
  digest: Hash,
  sizeBytes: count,
  firstIndex: count,
  entryCount: count,
  /** Repeated parts that it keeps once. */
  partCount: count,
  /** Characters of its entries, and those that repeated parts saved. */
  textLength: count,
  savedLength: z.int(),
});
/** See {@link PackInfo}. */
export type PackInfo = z.infer<typeof PackInfo>;

/** What is signed. */
export const ManifestBody = z.strictObject({
  format: z.literal('witan-archive/1'),
  /** `batch` is kept; `tail` bridges the time until the next batch. */
  kind: z.enum(['batch', 'tail']),
  logId: z.string().max(200),
  firstIndex: count,
  /** Index after the last entry; the checkpoint's size. */
  endIndex: count,
  /** Of the entries, ISO 8601. */
  firstAt: z.string().max(40),
  lastAt: z.string().max(40),
  createdAt: z.string().max(40),
  entryCounts: z.record(z.string(), count),
  packs: z.array(PackInfo).max(100_000),
  /** Hash chain up to the entry before the first one; null at the start of the log. */
  previousChainHash: Hash.nullable(),
  firstChainHash: Hash,
  lastChainHash: Hash,
  /** Roots of the complete subtrees before the first entry and after the last, 64 hex digits each. */
  startPeaks: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(64),
  endPeaks: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(64),
  /** Merkle root of the log at `endIndex`, 64 hex digits. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  /** Signed checkpoint at `endIndex`. */
  checkpoint: z.string().max(65_536),
  /** Earlier signed checkpoints inside the range, oldest first: places at which a log may be cut. */
  heads: z.array(z.string().max(65_536)).max(1_000),
  compression: z.literal('brotli'),
  encryption: z.strictObject({ cipher: z.literal('aes-256-gcm'), keyId: z.string().max(100) }),
  signedBy: z.string().max(100),
});
/** See {@link ManifestBody}. */
export type ManifestBody = z.infer<typeof ManifestBody>;

const Manifest = z.strictObject({ body: ManifestBody, signature: z.string().max(100) });
/** A manifest with its signature, not verified. */
export type Manifest = z.infer<typeof Manifest>;

/** Signs: 64 bytes over the message. */
export interface ManifestSigner {
  readonly keyId: string;
  sign(message: Uint8Array): Uint8Array;
}

/** Manifest of an object's bytes. @throws verification_failed naming the object and what does not fit */
export function parseManifest(bytes: Uint8Array, key: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const place = /position (\d+)/.exec(String(cause))?.[1];
    const details = { key, offset: place === undefined ? null : Number(place), expected: 'JSON' };
    throw new WitanError('verification_failed', `the manifest ${key} is damaged`, details, cause);
  }
  const parsed = Manifest.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]!.path.join('.');
  const details = { key, path, expected: parsed.error.issues[0]!.message };
  throw new WitanError('verification_failed', `the manifest ${key} is damaged at ${path}`, details);
}
