/** What is asked of an S3 service: every header that carries a promise is made here. */
import { createHash } from 'node:crypto';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { ObjectInfo, PutOptions, StorageClass } from '../../kernel/ports/object.ts';

/** Header `x-amz-meta-…` with the digest of what was put. */
export const DIGEST_FIELD = 'witan-sha256';

const CLASSES: readonly string[] = ['STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'DEEP_ARCHIVE'];

/** One put as the service is asked; the checksum lets it refuse bytes that were damaged on the way. */
export function putInput(
  place: { readonly bucket: string; readonly key: string },
  data: Uint8Array,
  options: PutOptions,
): PutObjectCommandInput {
  const sha256 = createHash('sha256').update(data).digest();
  const { overwrite, storageClass, retainUntilWallMs, legalHold } = options;
  return {
    Bucket: place.bucket,
    Key: place.key,
    Body: data,
    ContentLength: data.length,
    ChecksumSHA256: sha256.toString('base64'),
    Metadata: { [DIGEST_FIELD]: sha256.toString('hex') },
    ...(!overwrite && { IfNoneMatch: '*' }),
    ...(storageClass !== undefined && storageClass !== 'STANDARD' && { StorageClass: storageClass }),
    ...(retainUntilWallMs !== undefined && {
      ObjectLockMode: 'COMPLIANCE' as const,
      ObjectLockRetainUntilDate: new Date(retainUntilWallMs),
    }),
    ...(legalHold && { ObjectLockLegalHoldStatus: 'ON' as const }),
  };
}

/** What the service tells of an object. */
export interface S3Head {
  readonly ContentLength?: number | undefined;
  readonly LastModified?: Date | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly VersionId?: string | undefined;
  readonly StorageClass?: string | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

/** Info of an answer to `HEAD`. Objects that others put have no digest of ours: an empty one. */
export function infoOfHead(key: string, head: S3Head): ObjectInfo {
  const { StorageClass: given = 'STANDARD' } = head;
  return {
    key,
    sizeBytes: head.ContentLength ?? 0,
    digest: `sha256:${head.Metadata?.[DIGEST_FIELD] ?? ''}`,
    storedAtWallMs: head.LastModified?.getTime() ?? 0,
    versionId: head.VersionId ?? 'null',
    storageClass: CLASSES.includes(given) ? (given as StorageClass) : 'STANDARD',
    retainUntilWallMs: head.ObjectLockRetainUntilDate?.getTime() ?? null,
    legalHold: head.ObjectLockLegalHoldStatus === 'ON',
  };
}

/** Whether a store kept the promises that a put asked for; one that does not know them ignores headers. */
export function keepsLock(info: ObjectInfo, { retainUntilWallMs, legalHold }: PutOptions): boolean {
  // Services keep seconds.
  const isLocked =
    retainUntilWallMs === undefined || (info.retainUntilWallMs ?? 0) >= retainUntilWallMs - 999;
  return isLocked && (!legalHold || info.legalHold);
}
