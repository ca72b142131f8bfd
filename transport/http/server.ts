/** The HTTP door: Fastify around a backend. It parses, guards and answers; it decides nothing. */
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AddressInfo } from 'node:net';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { JsonLimits } from '../../contracts/parse-json.ts';
import { parseMessage, REQUEST_LIMITS } from '../../contracts/parse-message.ts';
import type { IdentityPort, Principal } from '../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../door/backend.ts';
import { errorReply } from './error-reply.ts';
import { createEventStream, STREAM_LIMITS } from './event-stream.ts';
import type { EventStream, StreamLimits } from './event-stream.ts';
import { guardRequest, SECURITY_HEADERS } from './guard.ts';
import { openApiDocument } from './openapi.ts';
import { parseBody } from './parse-body.ts';
import type { Route, RouteCall } from './route.ts';
import { agentRoutes } from './routes/agents.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { healthRoutes } from './routes/health.ts';
import { reviewRoutes } from './routes/review.ts';
import { loadStaticFiles } from './static-files.ts';

/** What the door is given; everything but backend and identity has a default. */
export interface HttpServerOptions {
  readonly backend: DoorBackend;
  readonly identity: IdentityPort;
  readonly version: string;
  /** Folder of the page; absent: no page. */
  readonly webFolder?: string | undefined;
  /** Names in the Host header that are served besides loopback. */
  readonly allowedHosts?: readonly string[];
  readonly limits?: JsonLimits;
  readonly streamLimits?: StreamLimits;
  /** Streams open at once (default 1,000); past it `overloaded`. */
  readonly maxStreams?: number;
  /** Gets every answer that is a defect of ours. */
  onDefect?(error: unknown, url: string): void;
}

/** A door that can be opened and closed once. */
export interface HttpServer {
  /** Opens the socket. @throws already_exists when the port is taken, unavailable otherwise */
  listen(address: { host: string; port: number }): Promise<{ host: string; port: number; url: string }>;
  /**
   * Ends streams, gives answers under way `graceMs` (default 2,000), closes. Safe at any time, also twice.
   */
  close(graceMs?: number): Promise<void>;
}

/** Every endpoint that the door offers. */
export const HTTP_ROUTES: readonly Route[] = [
  ...decisionRoutes,
  ...agentRoutes,
  ...reviewRoutes,
  ...healthRoutes,
];

const STRANGER: Principal = { id: 'anonymous', tenant: 'default', scopes: [] };

/** Builds the door; no socket is open yet. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = options.limits ?? REQUEST_LIMITS;
  const app = fastify({
    logger: false,
    bodyLimit: limits.maxBytes,
    requestTimeout: 30_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = errorReply(error);
      // The library's generic reply type cannot be inferred in this option.
      void (reply as FastifyReply).code(status).headers(SECURITY_HEADERS).type('application/json').send(body);
    },
    http: { maxHeaderSize: 16_384 },
    routerOptions: { maxParamLength: 1_000, querystringParser: strictQuery },
  });
  const streams = new Set<EventStream>();
  installGuards(app, options);
  const context: Context = { options, limits, streams };
  for (const route of HTTP_ROUTES) addRoute(app, route, context);
  addDocuments(app, options);
  return {
    listen: (address) => listen(app, address),
    close: async (graceMs = 2_000) => {
      for (const stream of streams) stream.end();
      // A client that stopped reading would otherwise keep the node from ending.
      const limit = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearTimeout(limit);
    },
  };
}

interface Context {
  readonly options: HttpServerOptions;
  readonly limits: JsonLimits;
  readonly streams: Set<EventStream>;
}

function installGuards(app: FastifyInstance, options: HttpServerOptions): void {
  const allowedHosts = options.allowedHosts ?? [];
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    guardRequest(
      {
        method: request.method,
        host: request.headers.host,
        origin: request.headers.origin,
        fetchSite: oneHeader(request.headers['sec-fetch-site']),
      },
      allowedHosts,
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, headers, body } = errorReply(error);
    if (body.error.code === 'internal') options.onDefect?.(toWitanError(error).cause ?? error, request.url);
    return reply.code(status).headers(headers).type('application/json').send(body);
  });
  app.setNotFoundHandler((request) => {
    throw new WitanError('not_found', 'there is no such endpoint', {
      path: request.url.slice(0, 200),
      expected: 'an endpoint of /openapi.json',
    });
  });
}

function addRoute(app: FastifyInstance, route: Route, context: Context): void {
  app.route({
    method: route.method,
    url: route.url,
    handler: async (request, reply) => {
      const body = await route.handle(await readCall(route, { request, reply, context }));
      return reply.sent || body === undefined ? reply : reply.type('application/json').send(body);
    },
  });
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly context: Context;
}

async function readCall(route: Route, exchange: Exchange): Promise<RouteCall<unknown, unknown, unknown>> {
  const { request, reply, context } = exchange;
  const { backend } = context.options;
  const principal = await authenticate(request, context.options.identity, route.authenticated !== false);
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return {
    params: route.params ? parseMessage(route.params, request.params) : {},
    query: route.query ? parseMessage(route.query, request.query) : {},
    body: route.body ? readBody(route, request, context.limits) : undefined,
    principal,
    backend,
    request,
    reply,
    signal: gone.signal,
    openStream: (onClose) => openStream(exchange, onClose),
  };
}

function readBody(route: Route, request: FastifyRequest, limits: JsonLimits): unknown {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const value = parseBody(bytes, request.headers, limits);
  return route.parseBody ? route.parseBody(value) : parseMessage(route.body!, value);
}

async function authenticate(
  request: FastifyRequest,
  identity: IdentityPort,
  required: boolean,
): Promise<Principal> {
  const { headers } = request;
  const bearer = /^Bearer ([A-Za-z0-9._~+/-]{1,4096}=*)$/i.exec(headers.authorization ?? '')?.[1];
  const apiKey = oneHeader(headers['x-api-key']);
  // Behind a proxy the socket is loopback for everyone: such a caller is not this machine's own user.
  const proxied = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  const remoteAddress = proxied ? undefined : request.socket.remoteAddress;
  try {
    return await identity.authenticate({
      door: 'http',
      ...(remoteAddress !== undefined && { remoteAddress }),
      ...(bearer !== undefined && { bearerToken: bearer }),
      ...(apiKey !== undefined && { apiKey }),
    });
  } catch (error) {
    if (required || toWitanError(error).code !== 'unauthenticated') throw error;
    return STRANGER;
  }
}

function openStream({ reply, context }: Exchange, onClose: () => void): EventStream {
  const { streams, options } = context;
  if (streams.size >= (options.maxStreams ?? 1_000)) {
    throw new WitanError('overloaded', 'too many event streams are open', { retryAfterMs: 5_000 });
  }
  const { raw } = reply;
  const sink = {
    writeHead: (status: number, headers: Record<string, string>) => {
      reply.hijack();
      raw.writeHead(status, headers);
    },
    write: (chunk: string) => raw.write(chunk),
    end: () => raw.end(),
    destroy: () => raw.destroy(),
    on: (event: 'drain' | 'close' | 'error', listener: () => void) => raw.on(event, listener),
  };
  const stream = createEventStream(sink, {
    limits: options.streamLimits ?? STREAM_LIMITS,
    headers: { ...SECURITY_HEADERS },
    onClose: () => {
      streams.delete(stream);
      onClose();
    },
  });
  streams.add(stream);
  return stream;
}

function addDocuments(app: FastifyInstance, options: HttpServerOptions): void {
  const document = JSON.stringify(openApiDocument(HTTP_ROUTES, options.version));
  app.get('/openapi.json', (_request, reply) => reply.type('application/json').send(document));
  if (options.webFolder === undefined) return;
  for (const [url, file] of loadStaticFiles(options.webFolder)) {
    app.get(url, (request, reply) => {
      reply.header('etag', file.etag).header('cache-control', 'no-cache').type(file.mediaType);
      return request.headers['if-none-match'] === file.etag
        ? reply.code(304).send()
        : reply.send(file.content);
    });
  }
}

async function listen(
  app: FastifyInstance,
  address: { host: string; port: number },
): Promise<{ host: string; port: number; url: string }> {
  try {
    await app.listen(address);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const taken = code === 'EADDRINUSE';
    const place = `${address.host}:${address.port}`;
    throw new WitanError(
      taken ? 'already_exists' : 'unavailable',
      `cannot listen on ${place}: ${code}`,
      { path: 'http.port' },
      error,
    );
  }
  const { port } = app.server.address() as AddressInfo;
  const name = address.host.includes(':') ? `[${address.host}]` : address.host;
  return { host: address.host, port, url: `http://${name}:${port}` };
}

function oneHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Query string as an object; a name given twice is refused by the schema because it becomes a list. */
function strictQuery(text: string): Record<string, unknown> {
  const query = Object.create(null) as Record<string, unknown>;
  for (const name of new Set(new URLSearchParams(text).keys())) {
    const values = new URLSearchParams(text).getAll(name);
    query[name] = values.length === 1 ? values[0] : values;
  }
  return query;
}
