/** The small file beside an object's bytes that makes a version exist: what it is, and what protects it. */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';

/** Bytes that one checksum covers, so that damage is named with its place. */
export const BLOCK_BYTES = 65_536;

/** Form of a version file. */
export const VersionFile = z.strictObject({
  format: z.literal('witan-object/1'),
  key: z.string(),
  versionId: z.string().regex(/^\d{10}$/),
  /** File of the bytes beside it; null: a marker that hides the key. */
  data: z
    .string()
    .regex(/^\d{10}-[0-9a-f]{16}\.bin$/)
    .nullable(),
  sizeBytes: z.int().min(0),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** CRC-32 of each block of {@link BLOCK_BYTES}. */
  blocks: z.array(z.int().min(0)),
  storedAtWallMs: z.number(),
  storageClass: z.enum(['STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'DEEP_ARCHIVE']),
  retainUntilWallMs: z.int().min(0).nullable(),
  legalHold: z.boolean(),
});
/** See {@link VersionFile}. */
export type VersionFile = z.infer<typeof VersionFile>;

/** Parses a version file. @throws verification_failed */
export function parseVersionFile(text: string, path: string): VersionFile {
  try {
    return VersionFile.parse(JSON.parse(text));
  } catch (cause) {
    const details = { path, expected: 'a file of the form witan-object/1' };
    throw new WitanError('verification_failed', `${path} is damaged`, details, cause);
  }
}

/** Checksums of the blocks of some bytes. */
export function blockSums(data: Uint8Array): number[] {
  const sums: number[] = [];
  for (let at = 0; at < data.length; at += BLOCK_BYTES) sums.push(crc32(data.subarray(at, at + BLOCK_BYTES)));
  return sums;
}

/** Offset of the first block that is not as it was stored; undefined when all are. */
export function firstDamage(data: Uint8Array, { blocks, sizeBytes }: VersionFile): number | undefined {
  const at = blockSums(data).findIndex((sum, place) => sum !== blocks[place]);
  if (at >= 0) return at * BLOCK_BYTES;
  return data.length < sizeBytes ? data.length : undefined;
}
