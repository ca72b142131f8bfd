/** Errors as gRPC answers: status from the code table, our own error in the trailers, nothing of the inside. */
import { anyPack } from '@bufbuild/protobuf/wkt';
import { create, toBinary } from '@bufbuild/protobuf';
import { Metadata, status } from '@grpc/grpc-js';
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { Error as ErrorMessage } from '../../contracts/proto/gen/witan/v1/errors_pb.ts';
import { ErrorSchema, RpcStatusSchema } from '../../contracts/proto/gen/witan/v1/errors_pb.ts';

/** gRPC status of each error code. */
export const GRPC_STATUS = {
  invalid_argument: status.INVALID_ARGUMENT,
  unknown_field: status.INVALID_ARGUMENT,
  bad_encoding: status.INVALID_ARGUMENT,
  too_large: status.RESOURCE_EXHAUSTED,
  too_deep: status.INVALID_ARGUMENT,
  bad_signature: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  permission_denied: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  // Not ABORTED, which invites a retry of the same call.
  conflict: status.FAILED_PRECONDITION,
  already_exists: status.ALREADY_EXISTS,
  stale_writer: status.ABORTED,
  overloaded: status.RESOURCE_EXHAUSTED,
  rate_limited: status.RESOURCE_EXHAUSTED,
  quota_exceeded: status.RESOURCE_EXHAUSTED,
  mailbox_full: status.RESOURCE_EXHAUSTED,
  cancelled: status.CANCELLED,
  internal: status.INTERNAL,
  crashed: status.INTERNAL,
  not_supported: status.UNIMPLEMENTED,
  unavailable: status.UNAVAILABLE,
  storage_failed: status.UNAVAILABLE,
  circuit_open: status.UNAVAILABLE,
  stopped: status.UNAVAILABLE,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  config_invalid: status.FAILED_PRECONDITION,
  data_missing: status.FAILED_PRECONDITION,
  verification_failed: status.DATA_LOSS,
} as const satisfies Record<ErrorCode, status>;

/** Name of a status (`NOT_FOUND`). */
export function grpcStatusName(value: status): string {
  return status[value];
}

/** What goes out for an error; the form that grpc-js takes. */
export interface ErrorStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Trailers travel in one header block: what is longer is cut. */
const MESSAGE_LENGTH = 500;
const DETAILS_LENGTH = 2_000;

/** What callers may see of an error: a defect says nothing of itself. */
export function shownError(thrown: unknown): WitanError {
  const error = toWitanError(thrown);
  return error.code === 'internal'
    ? new WitanError('internal', 'a defect of Witan; its log has the cause')
    : error;
}

/** An error as a message, for answers inside a stream. */
export function errorMessage(thrown: unknown): ErrorMessage {
  const { code, message, retryable, details } = shownError(thrown).toJSON();
  const { path, expected, retryAfterMs } = details;
  const json = JSON.stringify(details);
  return create(ErrorSchema, {
    code,
    message: wellFormed(message),
    retryable,
    ...(path !== undefined && { path: wellFormed(path) }),
    ...(expected !== undefined && { expected: wellFormed(expected) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    detailsJson: json.length > DETAILS_LENGTH ? '{}' : json,
  });
}

/** Turns anything thrown into the end of a call; the trailers carry the error whole. */
export function errorStatus(thrown: unknown): ErrorStatus {
  const error = shownError(thrown);
  const message = errorMessage(error);
  const code = GRPC_STATUS[error.code];
  const metadata = new Metadata();
  metadata.set('witan-code', error.code);
  metadata.set('witan-error-bin', bytesOf(toBinary(ErrorSchema, message)));
  const rpcStatus = create(RpcStatusSchema, {
    code,
    message: message.message,
    details: [anyPack(ErrorSchema, message)],
  });
  metadata.set('grpc-status-details-bin', bytesOf(toBinary(RpcStatusSchema, rpcStatus)));
  const { retryAfterMs } = error.details;
  if (retryAfterMs !== undefined) metadata.set('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)));
  return { code, details: message.message, metadata };
}

/** How a call ends, as grpc-js takes it. */
type CallStatus = Parameters<Parameters<ServerInterceptor>[1]['sendStatus']>[0];

/**
 * Gives what grpc-js answers by itself the code and the trailers of every other error.
 *
 * That is a message larger than allowed, half a frame, an unknown compression, a deadline; and what services
 * of others (health, reflection) answer. The library answers through `sendStatus` of the innermost call,
 * below all interceptors: that one is replaced.
 */
export const withOwnTrailers: ServerInterceptor = (_method, call) => {
  const send = call.sendStatus.bind(call);
  call.sendStatus = (sent) => send(completeStatus(sent));
  return call as ServerInterceptingCall;
};

function completeStatus(sent: CallStatus): CallStatus {
  const { code, details = '', metadata } = sent;
  if (code === status.OK || code === undefined) return sent;
  if (metadata && metadata.get('witan-code').length > 0) return sent;
  return errorStatus(new WitanError(codeOf(code, details), details));
}

/** Texts of grpc-js for bytes that it cannot read; its status for them is that of a defect. */
const UNREADABLE = /decompress message|deserializing request|^Invalid grpc-timeout|request message for/;

function codeOf(code: status, details: string): ErrorCode {
  if (UNREADABLE.test(details)) return 'bad_encoding';
  return CODES_OF_LIBRARY[code] ?? 'internal';
}

const CODES_OF_LIBRARY: Partial<Record<status, ErrorCode>> = {
  [status.RESOURCE_EXHAUSTED]: 'too_large',
  [status.UNIMPLEMENTED]: 'not_supported',
  [status.DEADLINE_EXCEEDED]: 'deadline_exceeded',
  [status.CANCELLED]: 'cancelled',
  [status.NOT_FOUND]: 'not_found',
  [status.INVALID_ARGUMENT]: 'invalid_argument',
  [status.UNAVAILABLE]: 'unavailable',
};

function wellFormed(text: string): string {
  // Half a surrogate pair has no place in a header, and no UTF-8 form.
  return Buffer.from(text.slice(0, MESSAGE_LENGTH)).toString();
}

/** The same memory as a Buffer, which grpc-js wants. */
export function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
