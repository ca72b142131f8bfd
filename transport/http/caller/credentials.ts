/** What a request says of its caller, as the gate wants it. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Credentials } from '../../../runtime/kernel/ports/identity.ts';
import type { ClientAddress } from './client-address.ts';
import { sessionTokenIn } from './session-cookies.ts';
import type { SessionCookies } from './session-cookies.ts';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]{1,8192}=*)$/i;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Credentials of a request at the HTTP door; without `cookies` no session is looked for. */
export function readCredentials(
  request: IncomingMessage,
  addressOf: ClientAddress,
  cookies?: SessionCookies,
): Credentials {
  const { headers, socket } = request;
  const forwarded = headers['x-forwarded-for'];
  const isForwarded = forwarded !== undefined || headers['forwarded'] !== undefined;
  const remoteAddress = addressOf({
    peer: socket.remoteAddress,
    forwardedFor: typeof forwarded === 'string' ? forwarded : undefined,
    isForwarded,
  });
  const credentials: { -readonly [K in keyof Credentials]: Credentials[K] } = { door: 'http' };
  if (remoteAddress !== undefined) credentials.remoteAddress = remoteAddress;
  const { authorization } = headers;
  // What is no bearer token is handed on whole: a caller who shows something is never one who shows nothing.
  if (authorization !== undefined) {
    credentials.bearerToken = BEARER.exec(authorization)?.[1] ?? authorization;
  }
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string') credentials.apiKey = apiKey;
  const sessionToken = cookies && sessionTokenIn(headers, cookies);
  if (sessionToken !== undefined) credentials.sessionToken = sessionToken;
  if (socket instanceof TLSSocket) {
    const digest = certificateDigest(socket);
    if (digest !== undefined) credentials.certificateDigest = digest;
  }
  return credentials;
}

/** W3C trace context of the request; undefined when absent or malformed. */
export function readTraceparent(headers: IncomingHttpHeaders): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined;
}

// A certificate belongs to its connection and is read once.
const digests = new WeakMap<TLSSocket, string | undefined>();

function certificateDigest(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  if (digests.has(socket)) return digests.get(socket);
  const fingerprint = socket.getPeerCertificate().fingerprint256 as string | undefined;
  const digest = fingerprint?.replaceAll(':', '').toLowerCase();
  digests.set(socket, digest);
  return digest;
}
