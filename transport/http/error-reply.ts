/** Errors as HTTP answers: status from the code table, one body form, nothing of the inside. */
import { ERROR_CODES, toWitanError, WitanError } from '../../contracts/errors.ts';

/** What goes out for an error. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: ErrorBody;
}

/** Body of an error; `code`, `message` and `errors` stand beside it in the form of Open Policy Agent. */
interface ErrorBody {
  readonly error: ReturnType<WitanError['toJSON']>;
  readonly code?: string;
  readonly message?: string;
  readonly errors?: readonly { readonly code: string; readonly message: string }[];
}

/** Turns anything thrown on the way to an answer into that answer; a defect says nothing of itself. */
export function errorReply(thrown: unknown, form: 'witan' | 'opa' = 'witan'): ErrorReply {
  const error = fromServer(thrown) ?? toWitanError(thrown);
  const { retryAfterMs } = error.details;
  const headers: Record<string, string> = {};
  if (retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer';
  const shown =
    error.code === 'internal'
      ? new WitanError('internal', 'a defect of Witan; its log has the cause')
      : error;
  const { code, message } = shown;
  const opa = form === 'opa' ? { code, message, errors: [{ code, message }] } : {};
  const body = { ...opa, error: shown.toJSON() };
  return { status: ERROR_CODES[error.code].httpStatus, headers, body };
}

/** What the HTTP server itself refuses, by its own codes. */
function fromServer(thrown: unknown): WitanError | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown) || thrown instanceof WitanError)
    return undefined;
  const { code, statusCode } = thrown as { code: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new WitanError('too_large', 'the body is too large', { path: '' });
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return new WitanError('invalid_argument', 'the body does not have the announced length', {
      path: 'content-length',
    });
  }
  if (typeof statusCode === 'number' && statusCode < 500) {
    return new WitanError('invalid_argument', 'the request is not well-formed', { path: '' });
  }
  return undefined;
}
