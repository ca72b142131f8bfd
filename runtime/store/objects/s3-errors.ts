/** What an S3 service says, as codes of ours. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';

interface ServiceFault {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'not_found',
  NoSuchVersion: 'not_found',
  NotFound: 'not_found',
  NoSuchBucket: 'config_invalid',
  PreconditionFailed: 'already_exists',
  ConditionalRequestConflict: 'unavailable',
  AccessDenied: 'permission_denied',
  Forbidden: 'permission_denied',
  InvalidAccessKeyId: 'unauthenticated',
  SignatureDoesNotMatch: 'unauthenticated',
  NotImplemented: 'not_supported',
  InvalidBucketState: 'not_supported',
  ObjectLockConfigurationNotFoundError: 'not_supported',
  NoSuchObjectLockConfiguration: 'not_supported',
  BadDigest: 'verification_failed',
  XAmzContentChecksumMismatch: 'verification_failed',
  InvalidObjectState: 'not_supported',
  InvalidStorageClass: 'not_supported',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  405: 'not_supported',
  412: 'already_exists',
  501: 'not_supported',
};

/** Turns what the client threw into ours; what is not understood may have happened: `unavailable`. */
export function fromS3(thrown: unknown, doing: string): WitanError {
  if (thrown instanceof WitanError) return thrown;
  const { name = 'Error', message = '', $metadata } = thrown as ServiceFault;
  const status = $metadata?.httpStatusCode;
  const isLockless = /object lock/i.test(message) && status === 400;
  const code = isLockless ? 'not_supported' : (BY_NAME[name] ?? BY_STATUS[status ?? 0] ?? 'unavailable');
  const said = `${name}${status === undefined ? '' : ` (${status})`}: ${message}`.slice(0, 300);
  return new WitanError(code, `the object store did not ${doing}: ${said}`, { name, status }, thrown);
}
