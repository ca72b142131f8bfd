/** A socket for scrapers alone: `/metrics` behind the same gate, and nothing else. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WitanError } from '../../contracts/errors.ts';
import type { GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import type { DoorBackend } from '../door/backend.ts';
import { clientAddress } from './caller/client-address.ts';
import type { ClientAddress } from './caller/client-address.ts';
import { readCredentials } from './caller/credentials.ts';
import { guardRequest, SECURITY_HEADERS } from './caller/guard.ts';
import { clientErrorHandler } from './client-error.ts';
import { errorReply } from './error-reply.ts';

/** What the listener is given. */
export interface MetricsListenerOptions {
  readonly gate: GatePort;
  readonly backend: Pick<DoorBackend, 'metrics'>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Names in the Host header that are served besides loopback. */
  readonly allowedHosts: readonly string[];
}

/** A listener that is open. */
export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the socket. @throws already_exists when the port is taken, unavailable otherwise */
export async function openMetricsListener(options: MetricsListenerOptions): Promise<MetricsListener> {
  const { host, port } = options;
  const addressOf = clientAddress([]);
  const server = createServer(
    { maxHeaderSize: 16_384, requestTimeout: 10_000, keepAliveTimeout: 70_000 },
    (request, response) => void answer({ request, response, addressOf }, options),
  );
  // Node drops headers past a count without a word; a key or the mark of a proxy may be among them.
  server.maxHeadersCount = 0;
  server.on('clientError', clientErrorHandler(Object.entries(SECURITY_HEADERS).flat()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'already_exists' : 'unavailable';
      const details = { path: 'telemetry.metricsPort' };
      reject(new WitanError(code, `cannot listen on ${host}:${port}: ${error.code}`, details, error));
    });
    server.listen(port, host, resolve);
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}/metrics`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly addressOf: ClientAddress;
}

async function answer(
  { request, response, addressOf }: Asked,
  options: MetricsListenerOptions,
): Promise<void> {
  try {
    const { method = '', headers, url = '' } = request;
    const fetchSite = headers['sec-fetch-site'];
    guardRequest(
      { method, host: headers.host, origin: headers.origin, fetchSite: [fetchSite].flat()[0] },
      options.allowedHosts,
    );
    if (url.split('?')[0] !== '/metrics' || (method !== 'GET' && method !== 'HEAD')) {
      throw new WitanError('not_found', 'there is no such endpoint', { expected: 'GET /metrics' });
    }
    const credentials = readCredentials(request, addressOf);
    const pass = await options.gate.admit({ operation: 'metrics.read', credentials });
    try {
      const { contentType, text } = await options.backend.metrics(pass.principal);
      response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': contentType });
      response.end(method === 'HEAD' ? undefined : text);
    } finally {
      pass.release();
    }
  } catch (error) {
    const { status, headers, body } = errorReply(error);
    response.writeHead(status, { ...SECURITY_HEADERS, ...headers, 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }
}
