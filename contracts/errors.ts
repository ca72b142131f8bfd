/**
 * The one table of error codes: every door, log line and exit code is derived from it.
 *
 * A code never changes its meaning. `retryable` says whether the same call can succeed later without change.
 */

/** What is known of one error code. */
export interface ErrorCodeInfo {
  /** Sentence for the reference page, without the particulars of one case. */
  title: string;
  retryable: boolean;
  httpStatus: number;
  /** Exit code of the CLI, architecture §8. */
  exitCode: number;
}

/** Every code that Witan uses, with its HTTP status and exit code. */
export const ERROR_CODES = {
  invalid_argument: {
    title: 'A value is not of the expected form',
    retryable: false,
    httpStatus: 400,
    exitCode: 2,
  },
  unknown_field: {
    title: 'The message holds a field that is not in its schema',
    retryable: false,
    httpStatus: 400,
    exitCode: 2,
  },
  bad_encoding: {
    title: 'The bytes are not well-formed UTF-8 JSON',
    retryable: false,
    httpStatus: 400,
    exitCode: 2,
  },
  too_large: { title: 'The message exceeds a size limit', retryable: false, httpStatus: 413, exitCode: 2 },
  too_deep: {
    title: 'The message is nested deeper than allowed',
    retryable: false,
    httpStatus: 400,
    exitCode: 2,
  },
  bad_signature: {
    title: 'A signature does not verify under the named key',
    retryable: false,
    httpStatus: 400,
    exitCode: 7,
  },
  unauthenticated: { title: 'The caller is not known', retryable: false, httpStatus: 401, exitCode: 4 },
  permission_denied: { title: 'The caller may not do this', retryable: false, httpStatus: 403, exitCode: 4 },
  not_found: { title: 'There is nothing by that name', retryable: false, httpStatus: 404, exitCode: 3 },
  conflict: {
    title: 'The same key was used before with another payload',
    retryable: false,
    httpStatus: 409,
    exitCode: 1,
  },
  already_exists: { title: 'The name is taken', retryable: false, httpStatus: 409, exitCode: 1 },
  stale_writer: {
    title: 'Another writer is ahead: the expected version or generation is old',
    retryable: false,
    httpStatus: 409,
    exitCode: 1,
  },
  overloaded: { title: 'No capacity is free now', retryable: true, httpStatus: 429, exitCode: 8 },
  rate_limited: {
    title: 'The caller sent more requests than its limit allows',
    retryable: true,
    httpStatus: 429,
    exitCode: 8,
  },
  quota_exceeded: {
    title: 'The credits of the tenant are used up',
    retryable: false,
    httpStatus: 402,
    exitCode: 4,
  },
  mailbox_full: { title: 'The mailbox of the actor is full', retryable: true, httpStatus: 429, exitCode: 8 },
  cancelled: { title: 'The caller gave the work up', retryable: false, httpStatus: 499, exitCode: 130 },
  internal: { title: 'A defect of Witan', retryable: false, httpStatus: 500, exitCode: 1 },
  crashed: { title: 'The actor that was asked crashed', retryable: true, httpStatus: 500, exitCode: 1 },
  not_supported: {
    title: 'This node does not offer the operation',
    retryable: false,
    httpStatus: 501,
    exitCode: 2,
  },
  unavailable: {
    title: 'A needed part does not answer; the outcome may be unknown',
    retryable: true,
    httpStatus: 503,
    exitCode: 8,
  },
  storage_failed: {
    title: 'The store refused or lost a write',
    retryable: true,
    httpStatus: 503,
    exitCode: 8,
  },
  circuit_open: {
    title: 'Calls to a failing part are suspended for a while',
    retryable: true,
    httpStatus: 503,
    exitCode: 8,
  },
  stopped: { title: 'The actor has stopped', retryable: false, httpStatus: 503, exitCode: 8 },
  deadline_exceeded: { title: 'The deadline passed', retryable: true, httpStatus: 504, exitCode: 124 },
  config_invalid: {
    title: 'A setting is missing, unknown or out of range',
    retryable: false,
    httpStatus: 500,
    exitCode: 2,
  },
  data_missing: {
    title: 'A data set that the command reads is not there',
    retryable: false,
    httpStatus: 500,
    exitCode: 2,
  },
  verification_failed: {
    title: 'A record, proof or signature does not match',
    retryable: false,
    httpStatus: 409,
    exitCode: 7,
  },
} as const satisfies Record<string, ErrorCodeInfo>;

/** One of the codes in {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Particulars of one error: JSON values only; `path` and `expected` for bad input. */
export interface ErrorDetails {
  /** Where in the input, as a dotted path (`messages.3.role`). */
  path?: string;
  /** What would have been accepted. */
  expected?: string;
  /** Milliseconds after which a retry makes sense. */
  retryAfterMs?: number;
  [key: string]: unknown;
}

/** Error of every public operation; match on `code`, never on `message`. */
export class WitanError extends Error {
  override readonly name = 'WitanError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  /** Whether the same call can succeed later without change. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** The form that leaves the process: no stack, no cause. */
  toJSON(): { code: ErrorCode; message: string; retryable: boolean; details: ErrorDetails } {
    return { code: this.code, message: this.message, retryable: this.retryable, details: this.details };
  }
}

/** Turns anything thrown into a {@link WitanError}; unknown errors become `internal` with the cause kept. */
export function toWitanError(error: unknown): WitanError {
  if (error instanceof WitanError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new WitanError('internal', message, {}, error);
}

/** The error that a body `{ error: … }` of one of our doors holds; undefined: it holds none of ours. */
export function errorInBody(body: unknown): WitanError | undefined {
  const { error } = (body ?? {}) as { readonly error?: Partial<ReturnType<WitanError['toJSON']>> };
  const code = error?.code;
  if (code === undefined || !Object.hasOwn(ERROR_CODES, code)) return undefined;
  return new WitanError(code, error?.message ?? code, { ...error?.details });
}
