/** The live door: WebSockets beside the HTTP door, on its sockets and behind the same guard and gate (GWY-06). */
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import {
  LIVE_LIMITS,
  LIVE_PROTOCOLS,
  liveCloseCode,
  LiveRequest,
} from '../../contracts/messages/door/live.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { parseJson } from '../../contracts/parse-json.ts';
import { parseMessage } from '../../contracts/parse-message.ts';
import type { GatePass, GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import type { Credentials } from '../../runtime/kernel/ports/identity.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../door/backend.ts';
import { clientAddress } from '../http/caller/client-address.ts';
import type { ClientAddress } from '../http/caller/client-address.ts';
import { readCredentials, readTraceparent } from '../http/caller/credentials.ts';
import { cookiesFor } from '../http/caller/session-cookies.ts';
import type { SessionCookies } from '../http/caller/session-cookies.ts';
import { guardRequest } from '../http/caller/guard.ts';
import { errorReply } from '../http/error-reply.ts';
import { Feeds } from './feeds.ts';
import type { FeedsOptions } from './feeds.ts';
import { LiveClient } from './live-client.ts';
import type { ViewerLimits } from './live-client.ts';

/** Where the WebSocket is. */
export const LIVE_PATH = '/api/v1/live';

/** Bounds of the door. */
export interface LiveLimits extends ViewerLimits, FeedsOptions {
  readonly clientMaxCount: number;
  readonly heartbeatMs: number;
  /** A client without a subscription is cut off after this, ms. */
  readonly idleMs: number;
  /** Messages of one client in ten seconds. */
  readonly requestMaxCount: number;
}

/** Bounds used where none are given. */
export const LIVE_DOOR_LIMITS: LiveLimits = {
  clientMaxCount: 1_000,
  heartbeatMs: 20_000,
  idleMs: 60_000,
  requestMaxCount: 100,
  windowBytes: 65_536,
  behindMaxCount: 256,
  frameMaxBytes: 262_144,
  frameMs: 1_000 / LIVE_LIMITS.framesPerSecond,
  stallMs: 60_000,
  heldMaxCount: 1_024,
  heldMaxBytes: 4_194_304,
  decisionMaxCount: 200,
  lingerMs: 10_000,
};

/** What the door is given. */
export interface LiveDoorOptions {
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  readonly allowedHosts?: readonly string[];
  readonly trustedProxies?: readonly string[];
  /** Origin at which browsers reach the door (default: as they ask for it). */
  readonly publicOrigin?: string | undefined;
  /** Whether its sockets are HTTPS. */
  readonly isSecure?: boolean;
  readonly limits?: Partial<LiveLimits>;
  /** Monotonic time, ms. */
  nowMs?(): number;
  /** Told how many WebSockets are open, whenever that changes. */
  onCount?(count: number): void;
  /** Gets what is a defect of ours. */
  onDefect?(error: unknown): void;
}

/** The open door. */
export interface LiveDoor {
  /** Takes over a connection of the HTTP door. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly clientCount: number;
  /** Tells every client to come back elsewhere and ends it. */
  close(): void;
}

// Clients that one turn writes to before timers and other sockets get theirs.
const CLIENTS_PER_TURN = 64;
const REQUEST_WINDOW_MS = 10_000;
const JSON_LIMITS = { maxBytes: LIVE_LIMITS.requestBytes, maxDepth: 2, maxNodes: 16 };

/** Builds the door; it listens where the HTTP door hands it connections. */
export function createLiveDoor(options: LiveDoorOptions): LiveDoor {
  return new Door(options);
}

class Door implements LiveDoor {
  readonly #options: LiveDoorOptions;
  readonly #limits: LiveLimits;
  readonly #addressOf: ClientAddress;
  readonly #cookies: SessionCookies;
  readonly #sockets: WebSocketServer;
  readonly #feeds: Feeds;
  readonly #clients = new Set<LiveClient>();
  readonly #open = new Set<WebSocket>();
  #waitingCount = 0;
  #flushing: NodeJS.Timeout | undefined;
  /** Whether something has changed since the flush under way began. */
  #isDue = false;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(options: LiveDoorOptions) {
    this.#options = options;
    this.#limits = { ...LIVE_DOOR_LIMITS, ...options.limits };
    this.#addressOf = clientAddress(options.trustedProxies ?? []);
    this.#cookies = cookiesFor(options.isSecure === true, options.publicOrigin);
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Compression would cost every client a copy of its own.
      perMessageDeflate: false,
      maxPayload: LIVE_LIMITS.requestBytes,
      handleProtocols: (offered) => LIVE_PROTOCOLS.find((name) => offered.has(name)) ?? false,
    });
    const prefix = randomBytes(6).toString('hex');
    let feedCount = 0;
    this.#feeds = new Feeds(options.backend, this.#limits, {
      onChange: () => this.#wake(),
      nextId: () => `${prefix}-${(feedCount += 1)}`,
    });
    this.#heartbeat = setInterval(() => this.#beat(), this.#limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  get clientCount(): number {
    return this.#open.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A peer that goes away while the gate thinks must not end the process.
    const onError = (): void => void socket.destroy();
    socket.on('error', onError);
    this.#waitingCount += 1;
    this.#admit(request)
      .then(
        (pass) => {
          if (socket.destroyed) return pass.release();
          socket.on('close', () => pass.release());
          this.#sockets.handleUpgrade(request, socket, head, (client) => {
            socket.off('error', onError);
            this.#accept(client, { pass, socket });
          });
        },
        (error: unknown) => this.#refuse(socket, error),
      )
      .finally(() => (this.#waitingCount -= 1));
  }

  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#flushing);
    this.#feeds.close();
    for (const socket of this.#open) socket.close(1012, 'the node stops');
    // Who does not answer the close is not waited for.
    const limit = setTimeout(() => this.#open.forEach((socket) => socket.terminate()), 1_000);
    limit.unref();
  }

  async #admit(request: IncomingMessage): Promise<GatePass> {
    const { method = '', headers } = request;
    const path = request.url?.split('?', 1)[0];
    if (path !== LIVE_PATH) {
      throw new WitanError('not_found', 'there is no such endpoint', { path: 'url', expected: LIVE_PATH });
    }
    guardRequest(
      { method, host: headers.host, origin: headers.origin, fetchSite: undefined },
      this.#options.allowedHosts ?? [],
    );
    if (this.#open.size + this.#waitingCount > this.#limits.clientMaxCount) {
      throw new WitanError('overloaded', 'too many viewers are connected', { retryAfterMs: 5_000 });
    }
    const shown = readCredentials(request, this.#addressOf, this.#cookies);
    const bearerToken = shown.bearerToken ?? offeredToken(headers['sec-websocket-protocol']);
    const traceparent = readTraceparent(headers);
    return this.#options.gate.admit({
      operation: 'decision.follow-all',
      credentials: bearerToken === undefined ? shown : withToken(shown, bearerToken),
      ...(traceparent !== undefined && { traceparent }),
    });
  }

  #refuse(socket: Duplex, thrown: unknown): void {
    const { status, headers, body } = errorReply(thrown);
    if (body.error.code === 'internal') this.#options.onDefect?.(toWitanError(thrown).cause ?? thrown);
    const text = JSON.stringify(body);
    const lines = Object.entries({
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${value}`);
    if (!socket.destroyed) {
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
    }
  }

  #accept(socket: WebSocket, { pass, socket: raw }: { pass: GatePass; socket: Duplex }): void {
    const { heartbeatMs, idleMs, requestMaxCount } = this.#limits;
    const { principal } = pass;
    const client = new LiveClient(socket, this.#limits);
    this.#clients.add(client);
    this.#open.add(socket);
    this.#options.onCount?.(this.#open.size);
    let requestCount = 0;
    const window = setInterval(() => (requestCount = 0), REQUEST_WINDOW_MS);
    const idle = setInterval(() => {
      if (client.subscriptionCount === 0) socket.close(1008, 'no subscription');
    }, idleMs);
    idle.unref();
    window.unref();
    socket.on('pong', () => {
      client.onPong(this.#nowMs());
      this.#pump(client);
    });
    raw.on('drain', () => this.#pump(client));
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      requestCount += 1;
      if (isBinary) return socket.close(1003, 'text alone is understood');
      if (requestCount > requestMaxCount) return socket.close(1008, 'too many messages');
      void this.#answer(client, principal, data);
      return undefined;
    });
    // A frame that is malformed or too large ends the connection with the protocol's own code.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(idle);
      clearInterval(window);
      client.close();
      this.#clients.delete(client);
      this.#open.delete(socket);
      this.#options.onCount?.(this.#open.size);
    });
    const { framesPerSecond, subscriptionCount: subscriptionMaxCount } = LIVE_LIMITS;
    client.say({ type: 'hello', version: 1, framesPerSecond, heartbeatMs, subscriptionMaxCount });
    pass.onEnd((why) => {
      client.say({ type: 'error', decisionId: null, error: errorReply(why).body.error });
      this.#clients.delete(client);
      client.close();
      socket.close(liveCloseCode(why.code), why.code);
    });
  }

  async #answer(client: LiveClient, principal: Principal, data: Buffer): Promise<void> {
    let decisionId: DecisionId | null = null;
    try {
      const request = parseMessage(LiveRequest, parseJson(data, JSON_LIMITS));
      if (request.type === 'unsubscribe') {
        if (client.unfollow(request.feed))
          client.say({ type: 'end', feed: request.feed, reason: 'unsubscribed' });
        return;
      }
      decisionId = request.decisionId ?? null;
      if (client.subscriptionCount >= LIVE_LIMITS.subscriptionCount) {
        throw new WitanError('overloaded', 'the connection has too many subscriptions');
      }
      const viewing = await this.#feeds.watch(principal, decisionId);
      if (!this.#clients.has(client)) return viewing.leave();
      client.follow(viewing, { since: request.since, feed: request.feed });
      this.#pump(client);
    } catch (thrown) {
      const { body } = errorReply(thrown);
      if (body.error.code === 'internal') this.#options.onDefect?.(toWitanError(thrown).cause ?? thrown);
      if (this.#clients.has(client)) client.say({ type: 'error', decisionId, error: body.error });
    }
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? performance.now();
  }

  #beat(): void {
    const nowMs = this.#nowMs();
    for (const client of this.#clients) client.beat(nowMs);
  }

  /** Something has changed: the next flush is at most one frame away, whatever happens until then. */
  #wake(): void {
    this.#isDue = true;
    // A timer may fire a millisecond early, and a frame that came too soon would wait for the next flush.
    this.#flushing ??= setTimeout(() => this.#flush(), this.#limits.frameMs + 1);
  }

  #flush(): void {
    this.#isDue = false;
    this.#flushSome([...this.#clients], 0, this.#nowMs());
  }

  #flushSome(clients: readonly LiveClient[], from: number, nowMs: number): void {
    const until = Math.min(clients.length, from + CLIENTS_PER_TURN);
    for (let at = from; at < until; at += 1) {
      if (clients[at]!.pump(nowMs)) this.#isDue = true;
    }
    if (until < clients.length) {
      setImmediate(() => this.#flushSome(clients, until, nowMs));
      return;
    }
    this.#flushing = undefined;
    if (this.#isDue && this.#clients.size > 0) this.#wake();
  }

  #pump(client: LiveClient): void {
    if (client.pump(this.#nowMs())) this.#wake();
  }
}

/** A token that the page names is what counts, not the session of its browser. */
function withToken({ sessionToken: _session, ...shown }: Credentials, bearerToken: string): Credentials {
  return { ...shown, bearerToken };
}

/** Token among the offered sub-protocols: the one header that a browser lets a page set. */
function offeredToken(header: string | undefined): string | undefined {
  const offered = header?.split(',').map((name) => name.trim());
  return offered?.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
}
