/** When a version may be destroyed, and when its lock may be changed: pure rules of every object store. */
import { hash } from 'node:crypto';
import { WitanError } from '../../../contracts/errors.ts';
import type { ObjectInfo } from '../../kernel/ports/object.ts';

/** What protects a version. */
export type Protection = Pick<ObjectInfo, 'key' | 'versionId' | 'retainUntilWallMs' | 'legalHold'>;

/** Refuses to destroy a version that is locked or held. @throws permission_denied */
export function assertDestroyable(version: Protection, nowWallMs: number): void {
  const { key, versionId, retainUntilWallMs, legalHold } = version;
  if (legalHold) {
    const details = { key, versionId, legalHold, expected: 'a version without a legal hold' };
    throw new WitanError('permission_denied', `${key} is under legal hold`, details);
  }
  if (retainUntilWallMs === null || retainUntilWallMs <= nowWallMs) return;
  const until = new Date(retainUntilWallMs).toISOString();
  const details = { key, versionId, retainUntilWallMs, expected: `a delete after ${until}` };
  throw new WitanError('permission_denied', `${key} is locked until ${until}`, details);
}

/** Refuses a lock that ends before the one that stands. @throws permission_denied, invalid_argument */
export function assertLongerLock(version: Protection, untilWallMs: number): void {
  if (!Number.isSafeInteger(untilWallMs) || untilWallMs < 0) {
    const details = { path: 'retainUntilWallMs', expected: 'whole milliseconds since 1970' };
    throw new WitanError('invalid_argument', `not a time: ${untilWallMs}`, details);
  }
  const { key, versionId, retainUntilWallMs } = version;
  if (retainUntilWallMs === null || untilWallMs >= retainUntilWallMs) return;
  const details = { key, versionId, retainUntilWallMs, expected: 'a later end than the lock has' };
  throw new WitanError('permission_denied', `the lock of ${key} is never made shorter`, details);
}

/** `sha256:` and hex over bytes. */
export function objectDigest(data: Uint8Array): string {
  return `sha256:${hash('sha256', data, 'hex')}`;
}

/** The error for a name or version that is not there. */
export function noObject(key: string, versionId?: string): WitanError {
  const which = versionId === undefined ? key : `${key} in version ${versionId}`;
  return new WitanError('not_found', `there is no object ${which}`, { key, versionId });
}

/** The error for bytes that are not those that were stored. */
export function damagedObject(key: string, details: Readonly<Record<string, unknown>>): WitanError {
  return new WitanError('verification_failed', `the bytes of ${key} do not match their digest`, {
    key,
    ...details,
  });
}

/** Order of keys in listings: that of their UTF-8 bytes, as S3 sorts. */
export function byKey(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
