/** One request at the door: bounded, admitted, parsed, handled, answered, released. */
import { randomBytes } from 'node:crypto';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';
import { NATS_HEADERS } from '../../../contracts/nats-headers.ts';
import { parseJson } from '../../../contracts/parse-json.ts';
import { parseMessage, REQUEST_LIMITS } from '../../../contracts/parse-message.ts';
import { streamSubject } from '../../../contracts/subjects.ts';
import type { OperationName } from '../../../contracts/operations.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { GatePass, GatePort } from '../../../runtime/kernel/ports/admission/gate.ts';
import type { DoorBackend } from '../../door/backend.ts';
import type { LinkMessage, NatsLink } from '../link/nats-link.ts';
import { bodyAnswer, errorAnswer, rateHeaders } from './answer.ts';
import type { Answer } from './answer.ts';
import { readCallHeaders, readCredentials, readTraceparent } from './call-headers.ts';
import type { CallHeaders } from './call-headers.ts';
import type { Endpoint, NatsCall, StreamEndpoint, UnaryEndpoint } from './endpoints/endpoint.ts';
import type { EndpointStats } from './endpoint-stats.ts';
import type { OpenStream, OpenStreams } from './open-streams.ts';
import { StreamSession } from './stream-session.ts';
import type { StreamLimits } from './stream-session.ts';

/** What a desk is made of. */
export interface DeskParts {
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly streams: OpenStreams;
  readonly streamLimits: StreamLimits;
  readonly doorId: string;
  readonly fallbackKey?: string | undefined;
  readonly maxRequests?: number;
  readonly maxRequestBytes?: number;
  /** Told of every request that was answered; a stream is answered when it is open. */
  onAnswer?(answer: NatsAnswer): void;
  onDefect?(error: unknown, subject: string): void;
}

/** One answered request. */
export interface NatsAnswer {
  readonly operation: OperationName;
  readonly subject: string;
  /** Code of the error that was answered; absent: none. */
  readonly error?: ErrorCode | undefined;
  readonly elapsedMs: number;
}

/** Time that an answer may take where the caller names none; a decision has its own deadline instead. */
const ANSWER_MS = 30_000;
const EMPTY_BODY = {};

/** See the head of this file. */
export class RequestDesk {
  readonly #parts: DeskParts;
  #openCount = 0;
  #openBytes = 0;
  #onSettled: (() => void) | undefined;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Requests under way. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Resolves when no request is under way, or after `graceMs`. */
  async settled(graceMs: number): Promise<void> {
    if (this.#openCount === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.setTimer(graceMs, resolve);
      this.#onSettled = () => (timer.cancel(), resolve());
    });
  }

  /** Handler of an endpoint's subject. */
  serverOf(endpoint: Endpoint, stats: EndpointStats): (message: LinkMessage) => void {
    return (message) => {
      // Nobody waits for the answer: the caller would never learn what became of it.
      if (message.replyTo === undefined) return stats.count(0, 'invalid_argument');
      const startedMs = this.#parts.clock.monotonicMs();
      const counted = (error?: ErrorCode): void => {
        const elapsedMs = this.#parts.clock.monotonicMs() - startedMs;
        stats.count(elapsedMs, error);
        const { operation } = endpoint;
        this.#parts.onAnswer?.({ operation, subject: message.subject, error, elapsedMs });
      };
      if (!this.#enter(message)) {
        const refusal = new WitanError('overloaded', 'too many requests are under way', {
          retryAfterMs: 100,
        });
        this.#reply(message, errorAnswer(refusal));
        return counted('overloaded');
      }
      const settled = (served: Served): void => {
        this.#leave(message);
        counted('told' in served ? served.told : this.#reply(message, served));
      };
      const failed = (error: unknown): void => settled(errorAnswer(error));
      try {
        const served = this.#serve(endpoint, message);
        if (served instanceof Promise) served.then(settled).catch(failed);
        else settled(served);
      } catch (error) {
        failed(error);
      }
    };
  }

  /** No promise where gate and endpoint give none: a health check is answered in the turn it came in. */
  #serve(endpoint: Endpoint, message: LinkMessage): Served | Promise<Served> {
    const { gate, fallbackKey } = this.#parts;
    const traceparent = readTraceparent(message.headers);
    const pass = gate.admit({
      operation: endpoint.operation,
      credentials: readCredentials(message.headers, fallbackKey),
      bodyBytes: message.data.byteLength,
      ...(traceparent !== undefined && { traceparent }),
    });
    if (pass instanceof Promise) return pass.then((given) => this.#handle(endpoint, message, given));
    return this.#handle(endpoint, message, pass);
  }

  #handle(endpoint: Endpoint, message: LinkMessage, pass: GatePass): Served | Promise<Served> {
    let isHandedOn = false;
    try {
      const headers = readCallHeaders(message.headers);
      const input = readBody(endpoint, message.data, headers);
      if (endpoint.kind === 'unary') {
        const answer = this.#answerUnary(endpoint, { input, headers, pass });
        if (!(answer instanceof Promise)) return answer;
        isHandedOn = true;
        return answer.finally(() => pass.release());
      }
      isHandedOn = true;
      return this.#openStream(endpoint, message, { input, headers, pass }).then((told) => ({ told }));
    } finally {
      if (!isHandedOn) pass.release();
    }
  }

  #answerUnary(endpoint: UnaryEndpoint, { input, headers, pass }: Admitted): Answer | Promise<Answer> {
    const { backend } = this.#parts;
    // Most answers are at hand at once: signal and timer are made for those that are not.
    let abort: AbortController | undefined;
    const aborted = (): AbortController => (abort ??= new AbortController());
    const { principal, traceparent } = pass;
    const call: NatsCall<unknown> = {
      input,
      backend,
      principal,
      headers,
      traceparent,
      get signal() {
        return aborted().signal;
      },
    };
    const answerOf = (value: unknown): Answer => {
      const answer = bodyAnswer(value, headers.accept, endpoint.responseWire);
      return { data: answer.data, headers: Object.assign(answer.headers, rateHeaders(pass)) };
    };
    const work = endpoint.handle(call);
    if (!(work instanceof Promise)) return answerOf(work);
    const isDecision = endpoint.operation === 'decision.evaluate';
    const limitMs = headers.deadlineMs ?? (isDecision ? undefined : ANSWER_MS);
    return this.#waited(work, { limitMs, isDecision, aborted }).then(answerOf);
  }

  async #waited(work: Promise<unknown>, { limitMs, isDecision, aborted }: Waiting): Promise<unknown> {
    const late = (): WitanError =>
      new WitanError('deadline_exceeded', `there was no answer within ${limitMs} ms`);
    const timer =
      limitMs === undefined ? undefined : this.#parts.clock.setTimer(limitMs, () => aborted().abort(late()));
    try {
      // A decision that was accepted names itself in the error: its endpoint listens to the signal.
      return await (isDecision ? work : Promise.race([work, rejectedBy(aborted().signal)]));
    } finally {
      timer?.cancel();
    }
  }

  /** Gives the code of the error that the client was told, if one was. */
  async #openStream(
    endpoint: StreamEndpoint,
    message: LinkMessage,
    admitted: Admitted,
  ): Promise<ErrorCode | undefined> {
    const { link, clock, streams, streamLimits, doorId, backend } = this.#parts;
    const { input, headers, pass } = admitted;
    const { principal, traceparent } = pass;
    const streamId = randomBytes(16).toString('hex');
    const gone = new AbortController();
    const open: { stream?: OpenStream } = {};
    const session = new StreamSession(
      {
        link,
        clock,
        limits: streamLimits,
        streamId,
        inbox: message.replyTo!,
        control: streamSubject(doorId, streamId),
        accept: headers.accept,
        wires: endpoint.frameWires ?? {},
        onEnd: () => {
          streams.delete(streamId);
          pass.release();
          gone.abort();
          open.stream?.side?.stop();
        },
        onRecover: async () => open.stream?.side?.recover?.(),
      },
      (input as { credit: number }).credit,
    );
    const stream: OpenStream = { session, side: undefined };
    open.stream = stream;
    try {
      streams.assertRoom();
      streams.add(stream);
      session.open();
      pass.onEnd((why) => session.end(why));
      const call = { input, backend, principal, headers, traceparent, signal: gone.signal };
      stream.side = await endpoint.start(call, session);
      if (session.isEnded) stream.side.stop();
      return undefined;
    } catch (error) {
      this.#noteDefect(error, message.subject);
      session.end(error);
      return toWitanError(error).code;
    }
  }

  /** Sends an answer; gives the code of the error that went out instead, if one did. */
  #reply(message: LinkMessage, answer: ErrorOrAnswer): ErrorCode | undefined {
    const { link } = this.#parts;
    if (answer.error) this.#noteDefect(answer.error, message.subject);
    if (!link.isConnected) return 'unavailable';
    try {
      link.publish(message.replyTo!, answer.data, { headers: answer.headers });
      return answer.error?.code;
    } catch (error) {
      const typed = toWitanError(error);
      // An answer larger than the server carries is told as such; it would never arrive.
      if (typed.code === 'too_large' && !answer.error) return this.#reply(message, errorAnswer(typed));
      return typed.code;
    }
  }

  #noteDefect(error: unknown, subject: string): void {
    const typed = toWitanError(error);
    if (typed.code === 'internal') this.#parts.onDefect?.(typed.cause ?? typed, subject);
  }

  #enter({ data }: LinkMessage): boolean {
    const { maxRequests = 1_000, maxRequestBytes = 67_108_864 } = this.#parts;
    if (this.#openCount >= maxRequests || this.#openBytes + data.byteLength > maxRequestBytes) return false;
    this.#openCount += 1;
    this.#openBytes += data.byteLength;
    return true;
  }

  #leave({ data }: LinkMessage): void {
    this.#openCount -= 1;
    this.#openBytes -= data.byteLength;
    if (this.#openCount === 0) this.#onSettled?.();
  }
}

type ErrorOrAnswer = Answer & { readonly error?: WitanError };
type Served = ErrorOrAnswer | { readonly told: ErrorCode | undefined };

interface Waiting {
  readonly limitMs: number | undefined;
  readonly isDecision: boolean;
  readonly aborted: () => AbortController;
}

interface Admitted {
  readonly input: unknown;
  readonly headers: CallHeaders;
  readonly pass: GatePass;
}

function readBody(endpoint: Endpoint, data: Uint8Array, { contentType }: CallHeaders): unknown {
  const value = decodeBody(endpoint, data, contentType);
  return endpoint.parse ? endpoint.parse(value) : parseMessage(endpoint.request, value);
}

function decodeBody({ requestWire }: Endpoint, data: Uint8Array, contentType: string): unknown {
  if (contentType === 'application/json') {
    return data.byteLength === 0 ? EMPTY_BODY : parseJson(data, REQUEST_LIMITS);
  }
  if (data.byteLength > REQUEST_LIMITS.maxBytes) {
    throw new WitanError('too_large', `the message has ${data.byteLength} bytes`, {
      path: '',
      expected: `at most ${REQUEST_LIMITS.maxBytes} bytes`,
    });
  }
  if (requestWire) return requestWire.decode(data);
  throw new WitanError('invalid_argument', 'this request has no protobuf form', {
    path: NATS_HEADERS.contentType,
    expected: 'application/json',
  });
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as WitanError), { once: true });
  });
}
