/** The HTTP door: Fastify around a gate and a backend. It parses, guards and answers; it decides nothing. */
import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { JsonLimits } from '../../contracts/parse-json.ts';
import { REQUEST_LIMITS } from '../../contracts/parse-message.ts';
import type { GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import type { DoorBackend } from '../door/backend.ts';
import { clientAddress } from './caller/client-address.ts';
import { checkCsrf } from './caller/csrf.ts';
import { cookiesFor } from './caller/session-cookies.ts';
import { ConnectionLimit } from './caller/connection-limit.ts';
import type { ConnectionLimitOptions } from './caller/connection-limit.ts';
import { clientErrorHandler } from './client-error.ts';
import { documentRoutes } from './documents.ts';
import { errorReply } from './error-reply.ts';
import { STREAM_LIMITS } from './event-stream.ts';
import type { StreamLimits } from './event-stream.ts';
import { HttpExchange } from './exchange.ts';
import type { ExchangeContext, HttpAnswer } from './exchange.ts';
import { guardRequest, SECURITY_HEADERS } from './caller/guard.ts';
import type { Route } from './route.ts';
import { HTTP_ROUTES } from './routes/all.ts';
import { redirectServer, reloadOnChange, tlsOptions } from './tls.ts';
import type { TlsFiles } from './tls.ts';

/** What the door is given; everything but backend and gate has a default. */
export interface HttpServerOptions {
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  readonly version: string;
  /** Folder of the page; absent: no page. */
  readonly webFolder?: string | undefined;
  /** Names in the Host header that are served besides loopback. */
  readonly allowedHosts?: readonly string[];
  /** Addresses or CIDR ranges of proxies whose `X-Forwarded-For` counts (default none). */
  readonly trustedProxies?: readonly string[];
  readonly limits?: JsonLimits;
  readonly streamLimits?: StreamLimits;
  /** Streams open at once (default 1,000); past it `overloaded`. */
  readonly maxStreams?: number;
  /** Absent: an address holds as many connections as it likes. */
  readonly connections?: ConnectionLimitOptions | undefined;
  /** Origin at which browsers reach the door (default: as they ask for it). */
  readonly publicOrigin?: string | undefined;
  /** Serves HTTPS alone; the files are read again when they change. */
  readonly tls?: TlsFiles | undefined;
  /** How often TLS files are looked at, ms. */
  readonly tlsCheckMs?: number;
  /** Endpoints beside {@link HTTP_ROUTES}, described with them. */
  readonly routes?: readonly Route[];
  /** Takes over a connection that asks for another protocol (WebSocket). */
  readonly onUpgrade?: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
  /** Gets every answer of an endpoint as it goes out. */
  readonly onAnswer?: ((answer: HttpAnswer) => void) | undefined;
  /** Gets every answer that is a defect of ours, and faults of TLS files. */
  onDefect?(error: unknown, url: string): void;
}

/** Where a door listens. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** A door that can be opened and closed once. */
export interface HttpServer {
  /**
   * Opens a socket; more calls open more sockets of the same door.
   * @throws already_exists when the port is taken, unavailable otherwise
   */
  listen(address: { host: string; port: number }): Promise<HttpAddress>;
  /** Opens a socket that only redirects to `to` over HTTPS. @throws as `listen` */
  redirect(address: { host: string; port: number }, to: HttpAddress): Promise<HttpAddress>;
  /**
   * Ends streams, gives answers under way `graceMs` (default 2,000), closes. Safe at any time, also twice.
   */
  close(graceMs?: number): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The exchange of a call whose body is still to come. */
    exchange: HttpExchange | null;
  }
}

const HSTS = ['strict-transport-security', 'max-age=31536000; includeSubDomains'];

/** Builds the door; no socket is open yet. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const context = contextOf(options);
  const servers: (Server | TlsServer)[] = [];
  const ends: (() => void)[] = [];
  const limit = connectionLimit(options, context);
  const app = buildApp(options, context, (server) => {
    servers.push(server);
    limit?.guard(server);
    if (options.onUpgrade) server.on('upgrade', options.onUpgrade);
  });
  const routes = [...HTTP_ROUTES, ...(options.routes ?? [])];
  for (const route of [...routes, ...documentRoutes(routes, options)]) addRoute(app, route, context);
  if (options.tls) {
    const onFault = (error: unknown): void => options.onDefect?.(error, 'tls');
    ends.push(reloadOnChange(options.tls, servers[0] as TlsServer, { checkMs: options.tlsCheckMs, onFault }));
  }
  const scheme = options.tls ? 'https' : 'http';
  return {
    async listen(address) {
      await app.ready();
      if (!servers[0]!.listening) return listen(servers[0]!, address, scheme);
      const server = makeServer(options, (request, response) => app.routing(request, response));
      server.on('clientError', clientErrorHandler(context.fixedHeaders));
      if (options.onUpgrade) server.on('upgrade', options.onUpgrade);
      servers.push(server);
      limit?.guard(server);
      return listen(server, address, scheme);
    },
    redirect(address, to) {
      const server = redirectServer(() => to.port, options.allowedHosts ?? []);
      servers.push(server);
      return listen(server, address, 'http');
    },
    async close(graceMs = 2_000) {
      for (const end of ends) end();
      for (const stream of context.streams) stream.end();
      // A client that stopped reading would otherwise keep the node from ending.
      const limit = setTimeout(() => servers.forEach((server) => server.closeAllConnections()), graceMs);
      await Promise.all(servers.map(closeServer));
      await app.close();
      clearTimeout(limit);
    },
  };
}

function contextOf(options: HttpServerOptions): ExchangeContext {
  // Ids of one process differ from those of others by their first half.
  const prefix = randomBytes(6).toString('hex');
  let requestCount = 0;
  const fixedHeaders = Object.entries(SECURITY_HEADERS).flat();
  return {
    backend: options.backend,
    gate: options.gate,
    addressOf: clientAddress(options.trustedProxies ?? []),
    cookies: cookiesFor(options.tls !== undefined, options.publicOrigin),
    origin: options.publicOrigin,
    limits: options.limits ?? REQUEST_LIMITS,
    streamLimits: options.streamLimits ?? STREAM_LIMITS,
    maxStreams: options.maxStreams ?? 1_000,
    streams: new Set(),
    fixedHeaders: options.tls ? [...fixedHeaders, ...HSTS] : fixedHeaders,
    onAnswer: options.onAnswer,
    onDefect: options.onDefect?.bind(options),
    nextRequestId: () => `${prefix}-${(requestCount += 1).toString(36)}`,
  };
}

function connectionLimit(
  { connections, trustedProxies = [], tls }: HttpServerOptions,
  { fixedHeaders }: ExchangeContext,
): ConnectionLimit | undefined {
  if (!connections) return undefined;
  return new ConnectionLimit({ ...connections, trustedProxies, fixedHeaders, isSecure: tls !== undefined });
}

const LIMITS = { maxHeaderSize: 16_384, requestTimeout: 30_000, keepAliveTimeout: 30_000 };

type Handler = (request: IncomingMessage, response: import('node:http').ServerResponse) => void;

function makeServer({ tls }: HttpServerOptions, handler: Handler): Server | TlsServer {
  // A request without a name of a host is refused by the guard, in the form of every other error.
  const common = { ...LIMITS, requireHostHeader: false };
  const server = tls
    ? createTlsServer({ ...common, ...tlsOptions(tls) }, handler)
    : createServer(common, handler);
  // Node drops headers past a count without a word; a key or the mark of a proxy may be among them.
  server.maxHeadersCount = 0;
  // RFC 9110 §10.1.1 lets a server pass over an expectation that it does not know.
  server.on('checkExpectation', handler);
  return server;
}

function buildApp(
  options: HttpServerOptions,
  context: ExchangeContext,
  onServer: (server: Server | TlsServer) => void,
): FastifyInstance {
  const refuse = (error: unknown, reply: FastifyReply): void => {
    const { status, headers, body } = errorReply(error);
    const fixed = { ...SECURITY_HEADERS, ...headers, 'x-request-id': context.nextRequestId() };
    void reply.code(status).headers(fixed).type('application/json; charset=utf-8').send(body);
  };
  const app = fastify({
    logger: false,
    bodyLimit: context.limits.maxBytes,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: clientErrorHandler(context.fixedHeaders),
    frameworkErrors: (error, _request, reply) => refuse(error, reply as FastifyReply),
    serverFactory: (handler) => {
      const server = makeServer(options, handler as Handler);
      onServer(server);
      return server as Server;
    },
    routerOptions: { maxParamLength: 1_000, querystringParser: strictQuery },
  });
  const allowedHosts = options.allowedHosts ?? [];
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.decorateRequest('exchange', null);
  app.addHook('onRequest', (request, _reply, done) => {
    const { method = '', headers } = request.raw;
    const fetchSite = oneHeader(headers['sec-fetch-site']);
    guardRequest({ method, host: headers.host, origin: headers.origin, fetchSite }, allowedHosts);
    checkCsrf(method, headers, context.cookies);
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    if (request.exchange) {
      reply.hijack();
      return request.exchange.fail(error);
    }
    const { code, cause } = toWitanError(error);
    if (code === 'internal' && errorReply(error).status === 500)
      options.onDefect?.(cause ?? error, request.url);
    return refuse(error, reply);
  });
  app.setNotFoundHandler((request) => {
    throw new WitanError('not_found', 'there is no such endpoint', {
      path: request.url.slice(0, 200),
      expected: 'an endpoint of /openapi.json',
    });
  });
  return app;
}

/** Admission comes before the body is read; an endpoint without a body is done in one turn. */
function addRoute(app: FastifyInstance, route: Route, context: ExchangeContext): void {
  const { method, url } = route;
  if (!route.body) {
    app.route({
      method,
      url,
      handler: (request, reply) => {
        reply.hijack();
        const exchange = new HttpExchange(route, { request, raw: reply.raw }, context);
        exchange.admit(() => exchange.run());
      },
    });
    return;
  }
  app.route({
    method,
    url,
    onRequest: (request, reply, done) => {
      const exchange = new HttpExchange(route, { request, raw: reply.raw }, context);
      request.exchange = exchange;
      exchange.admit(() => done());
    },
    handler: (request, reply) => {
      reply.hijack();
      request.exchange!.run();
    },
  });
}

async function listen(
  server: Server | TlsServer,
  address: { host: string; port: number },
  scheme: 'http' | 'https',
): Promise<HttpAddress> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const place = `${address.host}:${address.port}`;
    throw new WitanError(
      code === 'EADDRINUSE' ? 'already_exists' : 'unavailable',
      `cannot listen on ${place}: ${code}`,
      { path: 'http.port' },
      error,
    );
  }
  const { port } = server.address() as AddressInfo;
  const name = address.host.includes(':') ? `[${address.host}]` : address.host;
  return { host: address.host, port, url: `${scheme}://${name}:${port}` };
}

function closeServer(server: Server | TlsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function oneHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

const NO_QUERY: Record<string, unknown> = Object.freeze(Object.create(null) as Record<string, unknown>);

/** Query string as an object; a name given twice is refused by the schema because it becomes a list. */
function strictQuery(text: string): Record<string, unknown> {
  if (text === '') return NO_QUERY;
  const query = Object.create(null) as Record<string, unknown>;
  const given = new URLSearchParams(text);
  for (const name of new Set(given.keys())) {
    const values = given.getAll(name);
    query[name] = values.length === 1 ? values[0] : values;
  }
  return query;
}
