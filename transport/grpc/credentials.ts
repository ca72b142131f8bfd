/** Who calls, as the metadata and the connection of a call say. */
import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { Credentials } from '../../runtime/kernel/ports/identity.ts';

/** The part of a call that says who makes it. */
export type CallerOfCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getPeer' | 'getAuthContext'>;

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]{1,8192}=*)$/i;

/** What the gate is given of a caller; nothing is checked here. */
export function credentialsOf(call: CallerOfCall): Credentials {
  const authorization = text(call, 'authorization');
  // What is no bearer token is handed on whole: a caller who shows something is never one who shows nothing.
  const bearer = BEARER.exec(authorization ?? '')?.[1] ?? authorization;
  const apiKey = text(call, 'x-api-key');
  // Behind a proxy the socket is loopback for everyone: such a caller is not this machine's own user.
  const isProxied = text(call, 'x-forwarded-for') !== undefined || text(call, 'forwarded') !== undefined;
  const remoteAddress = isProxied ? undefined : addressOf(call.getPeer());
  // Present only when the certificate was verified against the authority that the door trusts.
  const certificate = call.getAuthContext().sslPeerCertificate;
  return {
    door: 'grpc',
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(bearer !== undefined && { bearerToken: bearer }),
    ...(apiKey !== undefined && { apiKey }),
    ...(certificate && { certificateDigest: certificate.fingerprint256.replaceAll(':', '').toLowerCase() }),
  };
}

/** W3C trace context of a call, when it has the right form. */
export function traceparentOf(call: CallerOfCall): string | undefined {
  return /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(text(call, 'traceparent') ?? '')?.[0];
}

/** `address:port` as grpc-js gives it, without the port; undefined for a socket that has none. */
function addressOf(peer: string): string | undefined {
  return /^(.+):\d{1,5}$/.exec(peer)?.[1];
}

function text(call: CallerOfCall, key: string): string | undefined {
  const [first] = call.metadata.get(key);
  return typeof first === 'string' ? first : undefined;
}
