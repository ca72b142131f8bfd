/** One request and its answer: admitted by the gate, parsed, handled, answered, released. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { OperationName } from '../../contracts/operations.ts';
import type { JsonLimits } from '../../contracts/parse-json.ts';
import { checkJson, parseMessage } from '../../contracts/parse-message.ts';
import { jsonOf } from '../../runtime/kernel/frozen.ts';
import type { GateCall, GatePass, GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import type { Credentials, Principal } from '../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../door/backend.ts';
import type { ClientAddress } from './caller/client-address.ts';
import { readCredentials, readTraceparent } from './caller/credentials.ts';
import type { SessionCookies } from './caller/session-cookies.ts';
import { errorReply } from './error-reply.ts';
import { createEventStream } from './event-stream.ts';
import type { EventStream, StreamLimits } from './event-stream.ts';
import { parseBody, parseText } from './parse-body.ts';
import type { Route, RouteCall, RouteReply } from './route.ts';

/** An answer as it went out, for logs and metrics. */
export interface HttpAnswer {
  readonly operation: OperationName;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly elapsedMs: number;
  readonly requestId: string;
  readonly principal: Principal | undefined;
  /** W3C trace context of the call inside the node. */
  readonly traceparent: string | undefined;
}

/** What all exchanges of one door share. */
export interface ExchangeContext {
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  readonly addressOf: ClientAddress;
  readonly cookies: SessionCookies;
  /** Origin at which browsers reach the door; undefined: as they ask for it. */
  readonly origin: string | undefined;
  readonly limits: JsonLimits;
  readonly streamLimits: StreamLimits;
  readonly maxStreams: number;
  readonly streams: Set<EventStream>;
  /** Names and values of the headers that every answer carries, one after the other. */
  readonly fixedHeaders: readonly string[];
  readonly onAnswer: ((answer: HttpAnswer) => void) | undefined;
  readonly onDefect: ((error: unknown, url: string) => void) | undefined;
  /** Id of a request whose caller gave none. */
  nextRequestId(): string;
}

/** What the HTTP library has read of a request. */
export interface ReceivedRequest {
  readonly raw: IncomingMessage;
  readonly params: unknown;
  readonly query: unknown;
  body: unknown;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const NOTHING = {};
/** Largest body that is read to its end although its call was refused, so that the connection stays. */
const UNREAD_MAX_BYTES = 65_536;

/** See {@link RouteCall}: one object a request, and nothing made that its handler does not ask for. */
export class HttpExchange implements RouteCall<unknown, unknown, unknown>, RouteReply {
  readonly #route: Route;
  readonly #request: ReceivedRequest;
  readonly #raw: ServerResponse;
  readonly #context: ExchangeContext;
  readonly #startedMs: number;
  #pass: GatePass | undefined;
  #credentials: Credentials | undefined;
  #status = 200;
  #headers: string[] | undefined;
  #gone: AbortController | undefined;
  #isStream = false;
  #isAnswered = false;
  #id: string | undefined;
  params: unknown = NOTHING;
  query: unknown = NOTHING;
  body: unknown;

  constructor(
    route: Route,
    { request, raw }: { request: ReceivedRequest; raw: ServerResponse },
    context: ExchangeContext,
  ) {
    this.#route = route;
    this.#request = request;
    this.#raw = raw;
    this.#context = context;
    this.#startedMs = context.onAnswer === undefined ? 0 : performance.now();
  }

  get request(): { readonly headers: IncomingHttpHeaders } {
    return this.#request.raw;
  }

  get reply(): RouteReply {
    return this;
  }

  get backend(): DoorBackend {
    return this.#context.backend;
  }

  get principal(): Principal {
    return this.#pass!.principal;
  }

  get credentials(): Credentials {
    this.#credentials ??= readCredentials(this.#request.raw, this.#context.addressOf, this.cookies);
    return this.#credentials;
  }

  get origin(): string {
    const { socket, headers } = this.#request.raw;
    const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
    // The guard has refused names that are not ours.
    return this.#context.origin ?? `${scheme}://${headers.host}`;
  }

  get cookies(): SessionCookies {
    return this.#context.cookies;
  }

  get traceparent(): string | undefined {
    return this.#pass?.traceparent;
  }

  get signal(): AbortSignal {
    if (!this.#gone) {
      const gone = new AbortController();
      this.#gone = gone;
      // An answer that went out whole leaves nobody to tell, and the error of an abort is not cheap.
      this.#raw.once('close', () => {
        if (!this.#raw.writableFinished) gone.abort();
      });
    }
    return this.#gone.signal;
  }

  /** Asks the gate, then runs `next`; a refusal is answered here. No promise where the gate gives none. */
  admit(next: () => void): void {
    try {
      const pass = this.#context.gate.admit(this.#gateCall());
      if (isPromise(pass)) {
        pass.then(
          (admitted) => this.#admitted(admitted, next),
          (error: unknown) => this.fail(error),
        );
        return;
      }
      this.#admitted(pass, next);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Parses what the endpoint takes, runs its handler and answers. */
  run(): void {
    const route = this.#route;
    try {
      if (route.params) this.params = parseMessage(route.params, this.#request.params);
      if (route.query) this.query = parseMessage(route.query, this.#request.query);
      if (route.body) this.body = readBody(route, this.#request, this.#context.limits);
      const result = route.handle(this);
      if (isPromise(result)) {
        result.then(
          (value) => this.#finish(value),
          (error: unknown) => this.fail(error),
        );
        return;
      }
      this.#finish(result);
    } catch (error) {
      this.fail(error);
    }
  }

  code(status: number): this {
    this.#status = status;
    return this;
  }

  header(name: string, value: string): this {
    (this.#headers ??= []).push(name, value);
    return this;
  }

  give(content: string | Buffer, mediaType: string): void {
    this.#write(content, mediaType);
    this.#release();
  }

  openStream(onClose: () => void): EventStream {
    const { streams, maxStreams, streamLimits } = this.#context;
    if (streams.size >= maxStreams) {
      throw new WitanError('overloaded', 'too many event streams are open', { retryAfterMs: 5_000 });
    }
    const raw = this.#raw;
    this.#isStream = true;
    const stream = createEventStream(
      {
        writeHead: (status: number, headers: Record<string, string>) => {
          const flat = Object.entries(headers).flat();
          raw.writeHead(status, this.#allHeaders(flat));
          this.#answered(status);
        },
        write: (chunk: string) => raw.write(chunk),
        end: () => raw.end(),
        destroy: () => raw.destroy(),
        on: (event: 'drain' | 'close' | 'error', listener: () => void) => raw.on(event, listener),
      },
      {
        limits: streamLimits,
        headers: {},
        onClose: () => {
          streams.delete(stream);
          this.#release();
          onClose();
        },
      },
    );
    streams.add(stream);
    this.#pass?.onEnd((why) => stream.fail(errorReply(why).body));
    return stream;
  }

  /** Answers with an error and releases what was admitted. */
  fail(thrown: unknown): void {
    const { status, headers, body } = errorReply(thrown, this.#route.errorForm);
    if (body.error.code === 'internal') {
      this.#context.onDefect?.(toWitanError(thrown).cause ?? thrown, this.#request.raw.url ?? '');
    }
    this.#headers = Object.entries(headers).flat();
    // The rest of a body that nobody reads would come in all the same.
    if (this.#hasUnreadBody()) this.#headers.push('connection', 'close');
    this.#status = status;
    if (this.#raw.headersSent) this.#raw.destroy();
    this.#write(JSON.stringify(body), JSON_TYPE);
    this.#release();
  }

  #admitted(pass: GatePass, next: () => void): void {
    this.#pass = pass;
    next();
  }

  #finish(value: unknown): void {
    if (value === undefined) {
      // The handler took the answer over: a stream is released when it ends.
      if (!this.#isStream) this.#release();
      return;
    }
    this.#write(jsonOf(value), JSON_TYPE);
    this.#release();
  }

  #write(content: string | Buffer, mediaType: string): void {
    const raw = this.#raw;
    if (raw.headersSent || raw.destroyed) return;
    const hasBody = this.#status !== 304 && this.#status !== 204;
    const own = ['content-type', mediaType];
    if (hasBody) own.push('content-length', String(Buffer.byteLength(content)));
    raw.writeHead(this.#status, this.#allHeaders(own));
    raw.end(hasBody ? content : undefined);
    this.#answered(this.#status);
  }

  #allHeaders(own: string[]): string[] {
    const rate = this.#pass?.rate;
    own.push('x-request-id', this.#requestId());
    if (rate) {
      own.push(
        'ratelimit-limit',
        String(rate.limit),
        'ratelimit-remaining',
        String(Math.max(0, rate.remaining)),
      );
      own.push('ratelimit-reset', String(Math.max(0, Math.ceil(rate.resetMs / 1_000))));
    }
    return this.#headers
      ? this.#context.fixedHeaders.concat(own, this.#headers)
      : this.#context.fixedHeaders.concat(own);
  }

  #requestId(): string {
    if (this.#id !== undefined) return this.#id;
    const given = this.#request.raw.headers['x-request-id'];
    this.#id = typeof given === 'string' && REQUEST_ID.test(given) ? given : this.#context.nextRequestId();
    return this.#id;
  }

  #answered(status: number): void {
    const { onAnswer } = this.#context;
    if (onAnswer === undefined || this.#isAnswered) return;
    this.#isAnswered = true;
    const { operation, method, url } = this.#route;
    onAnswer({
      operation,
      method,
      route: url,
      status,
      elapsedMs: performance.now() - this.#startedMs,
      requestId: this.#requestId(),
      principal: this.#pass?.principal,
      traceparent: this.#pass?.traceparent,
    });
  }

  #hasUnreadBody(): boolean {
    const { method, complete, headers } = this.#request.raw;
    if (complete || method === 'GET' || method === 'HEAD') return false;
    const length = headers['content-length'];
    return length === undefined || Number(length) > UNREAD_MAX_BYTES;
  }

  #release(): void {
    this.#pass?.release();
  }

  #gateCall(): GateCall {
    const { raw } = this.#request;
    const { credentials } = this;
    const call: { -readonly [K in keyof GateCall]: GateCall[K] } = {
      operation: this.#route.operation,
      credentials,
    };
    const length = raw.headers['content-length'];
    if (length !== undefined) call.bodyBytes = Number(length);
    const traceparent = readTraceparent(raw.headers);
    if (traceparent !== undefined) call.traceparent = traceparent;
    return call;
  }
}

function readBody(route: Route, request: ReceivedRequest, limits: JsonLimits): unknown {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (route.bodyType !== undefined) return parseMessage(route.body!, parseText(bytes, request.raw.headers));
  const value = parseBody(bytes, request.raw.headers, limits);
  if (route.bodyLimits) checkJson(value, route.bodyLimits);
  return route.parseBody ? route.parseBody(value) : parseMessage(route.body!, value);
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<T>).then === 'function';
}
