/** Errors of JetStream in our codes. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';

/** Error object in an answer of the JetStream API. */
export interface ApiError {
  readonly code: number;
  readonly err_code: number;
  readonly description: string;
}

// @source nats-server/server/errors.json
const CODES: Readonly<Record<number, ErrorCode>> = {
  10_008: 'unavailable', // JSClusterNotAvailErr
  10_009: 'unavailable', // JSClusterNotLeaderErr
  10_014: 'not_found', // JSConsumerNotFoundErr
  10_023: 'storage_failed', // JSInsufficientResourcesErr
  10_028: 'storage_failed', // JSMemoryResourcesExceededErr
  10_037: 'not_found', // JSNoMessageFoundErr
  10_039: 'not_supported', // JSNotEnabledForAccountErr
  10_047: 'storage_failed', // JSStorageResourcesExceededErr
  10_054: 'too_large', // JSStreamMessageExceedsMaximumErr
  10_058: 'already_exists', // JSStreamNameExistErr
  10_059: 'not_found', // JSStreamNotFoundErr
  10_071: 'stale_writer', // JSStreamWrongLastSequenceErrF
  10_076: 'not_supported', // JSNotEnabledErr
  10_164: 'stale_writer', // JSStreamWrongLastSequenceConstantErr
};
const STORE_FAILED = 10_077;

/** A typed error for an answer of the API. */
export function jetStreamError(error: ApiError): WitanError {
  const { err_code: apiCode, description } = error;
  // The server has one code for every refusal of its store, and says in words which.
  const isFull = apiCode === STORE_FAILED && /maximum (messages|bytes)/.test(description);
  const code = isFull
    ? 'overloaded'
    : (CODES[apiCode] ?? (error.code >= 500 ? 'storage_failed' : 'internal'));
  return new WitanError(code, `JetStream: ${description}`, { apiCode });
}
