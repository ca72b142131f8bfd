/** What a message says beside its body: who calls, how much time is left, in which form. */
import { NATS_HEADERS, NATS_MEDIA_TYPES } from '../../../contracts/nats-headers.ts';
import type { NatsMediaType } from '../../../contracts/nats-headers.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Credentials } from '../../../runtime/kernel/ports/identity.ts';
import { headerOf } from '../link/link-headers.ts';
import type { LinkHeaders } from '../link/nats-link.ts';

/** Headers of one request, read. */
export interface CallHeaders {
  readonly contentType: NatsMediaType;
  readonly accept: NatsMediaType;
  /** Undefined: the caller names no limit. */
  readonly deadlineMs: number | undefined;
  readonly idempotencyKey: string | undefined;
  readonly respondsAsync: boolean;
}

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]{1,8192}=*)$/i;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const DEADLINE_MAX_MS = 600_000;

/**
 * Who calls, as far as the message says: a server of NATS does not tell a service whose connection a message
 * came from. `fallbackKey` stands for callers who name nothing.
 */
export function readCredentials(headers: LinkHeaders, fallbackKey: string | undefined): Credentials {
  const credentials: { -readonly [K in keyof Credentials]: Credentials[K] } = { door: 'nats' };
  const authorization = headerOf(headers, NATS_HEADERS.authorization);
  const apiKey = headerOf(headers, NATS_HEADERS.apiKey);
  if (authorization === undefined && apiKey === undefined) {
    return fallbackKey === undefined ? credentials : { door: 'nats', apiKey: fallbackKey };
  }
  const bearer = authorization === undefined ? null : BEARER.exec(authorization);
  if (bearer) credentials.bearerToken = bearer[1]!;
  if (apiKey !== undefined) credentials.apiKey = apiKey;
  return credentials;
}

/** W3C trace context; undefined when absent or malformed. */
export function readTraceparent(headers: LinkHeaders): string | undefined {
  const traceparent = headerOf(headers, NATS_HEADERS.traceparent);
  return traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined;
}

/** Reads what shapes the call. @throws invalid_argument, deadline_exceeded when no time is left */
export function readCallHeaders(headers: LinkHeaders): CallHeaders {
  const contentType = mediaType(headers, NATS_HEADERS.contentType) ?? 'application/json';
  return {
    contentType,
    accept: mediaType(headers, NATS_HEADERS.accept) ?? contentType,
    deadlineMs: readDeadline(headerOf(headers, NATS_HEADERS.deadlineMs)),
    idempotencyKey: readKey(headers),
    respondsAsync: headerOf(headers, NATS_HEADERS.prefer)?.trim().toLowerCase() === 'respond-async',
  };
}

function mediaType(headers: LinkHeaders, name: string): NatsMediaType | undefined {
  const value = headerOf(headers, name);
  if (value === undefined) return undefined;
  const [type, ...parameters] = value
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const known = NATS_MEDIA_TYPES.find((each) => each === type);
  if (known && parameters.every((parameter) => parameter === 'charset=utf-8')) return known;
  throw new WitanError('invalid_argument', `the header ${name} names an unknown form`, {
    path: name,
    expected: NATS_MEDIA_TYPES.join(' or '),
  });
}

function readDeadline(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value) || Number(value) > DEADLINE_MAX_MS) {
    throw new WitanError('invalid_argument', 'the deadline cannot be read', {
      path: NATS_HEADERS.deadlineMs,
      expected: `remaining milliseconds, 0 to ${DEADLINE_MAX_MS}`,
    });
  }
  if (Number(value) === 0) throw new WitanError('deadline_exceeded', 'the request came with no time left');
  return Number(value);
}

function readKey(headers: LinkHeaders): string | undefined {
  const own = headerOf(headers, NATS_HEADERS.idempotencyKey);
  const key = own ?? headerOf(headers, NATS_HEADERS.messageId);
  if (key === undefined || (key.length > 0 && key.length <= 200)) return key;
  throw new WitanError('invalid_argument', 'the idempotency key cannot be used', {
    path: own === undefined ? NATS_HEADERS.messageId : NATS_HEADERS.idempotencyKey,
    expected: '1 to 200 characters',
  });
}
