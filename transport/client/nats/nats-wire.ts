/** The NATS transport of the client: requests on the documented subjects, streams with credit. */
import type { ConnectionOptions, Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { connect as connectNats, createInbox, headers as makeHeaders } from '@nats-io/transport-node';
import { errorInBody, WitanError } from '../../../contracts/errors.ts';
import { DecisionView } from '../../../contracts/messages/decision-view.ts';
import { DecisionEvent } from '../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { StreamGap, StreamOpened } from '../../../contracts/messages/door/stream-frames.ts';
import type { StreamControl } from '../../../contracts/messages/door/stream-frames.ts';
import { NATS_HEADERS } from '../../../contracts/nats-headers.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import { requestSubject } from '../../../contracts/subjects.ts';
import type {
  Wire,
  WireCallOptions,
  WireInputs,
  WireItem,
  WireOperation,
  WireRate,
  WireReply,
} from '../wire.ts';

/** Where the NATS server is; credentials of the server itself are in `connection`. */
export interface NatsWireOptions {
  readonly url: string;
  /** Anything else that `@nats-io/transport-node` takes. */
  readonly connection?: ConnectionOptions | undefined;
}

/** Events that may be under way at once. */
const CREDIT = 256;

/** Connects. @throws unavailable */
export async function natsWire({ url, connection }: NatsWireOptions): Promise<Wire> {
  try {
    return new NatsWire(await connectNats({ name: 'witan-client', ...connection, servers: url }));
  } catch (error) {
    throw new WitanError('unavailable', 'no NATS server answers', {}, error);
  }
}

class NatsWire implements Wire {
  readonly name = 'nats';
  readonly #connection: NatsConnection;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  async call<O extends WireOperation>(
    operation: O,
    input: WireInputs[O],
    options: WireCallOptions,
  ): Promise<WireReply> {
    const headers = headersOf(options);
    let body: unknown = input;
    if (operation === 'decision.evaluate') {
      const { request, respondAsync } = input as WireInputs['decision.evaluate'];
      body = request;
      if (respondAsync) headers.set(NATS_HEADERS.prefer, 'respond-async');
    }
    const timeout = Math.max(1, Math.ceil(options.timeoutMs));
    let answer: Msg;
    try {
      answer = await this.#connection.request(requestSubject(operation), JSON.stringify(body), {
        headers,
        timeout,
      });
    } catch (error) {
      throw lost(error);
    }
    const failure = errorOf(answer);
    if (failure) throw failure;
    const rate = rateOf(answer.headers);
    return { body: answer.json(), ...(rate && { rate }) };
  }

  async *follow(
    { decisionId, afterSequence }: { readonly decisionId: DecisionId | null; readonly afterSequence: number },
    options: WireCallOptions,
  ): AsyncGenerator<WireItem> {
    const inbox = createInbox();
    const subscription = this.#connection.subscribe(inbox);
    const operation = decisionId === null ? 'decision.follow-all' : 'decision.follow';
    const request = decisionId === null ? { credit: CREDIT } : { decisionId, afterSequence, credit: CREDIT };
    let control: string | undefined;
    const say = (message: StreamControl): void => {
      if (control !== undefined && !this.#connection.isClosed())
        this.#connection.publish(control, JSON.stringify(message));
    };
    let alive: ReturnType<typeof setInterval> | undefined;
    const onAbort = (): void => subscription.unsubscribe();
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    try {
      this.#connection.publish(requestSubject(operation), JSON.stringify(request), {
        headers: headersOf(options),
        reply: inbox,
      });
      let frameSequence = 0;
      let takenCount = 0;
      for await (const message of subscription) {
        const failure = errorOf(message);
        if (failure) throw failure;
        const frame = message.headers?.get(NATS_HEADERS.frame);
        frameSequence += 1;
        if (Number(message.headers?.get(NATS_HEADERS.frameSequence)) !== frameSequence) {
          throw new WitanError('unavailable', 'a message of the stream was lost');
        }
        if (frame === 'open') {
          control = message.reply;
          const { idleMs } = parseMessage(StreamOpened, message.json());
          alive = setInterval(() => say({ type: 'alive' }), idleMs / 3);
          continue;
        }
        if (frame === 'end') return;
        const item = itemOf(frame, message);
        if (!item) continue;
        yield item;
        takenCount += 1;
        if (takenCount % (CREDIT / 4) === 0) say({ type: 'credit', count: CREDIT / 4 });
      }
      if (options.signal.aborted) throw options.signal.reason as Error;
      throw new WitanError('unavailable', 'the connection to NATS was lost');
    } finally {
      clearInterval(alive);
      options.signal.removeEventListener('abort', onAbort);
      say({ type: 'cancel' });
      subscription.unsubscribe();
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

function itemOf(frame: string | undefined, message: Msg): WireItem | undefined {
  switch (frame) {
    case 'event':
      return { kind: 'event', event: parseMessage(DecisionEvent, message.json()) };
    case 'snapshot':
      return { kind: 'snapshot', view: parseMessage(DecisionView, message.json()) };
    case 'gap':
      return { kind: 'gap', resumeAfter: parseMessage(StreamGap, message.json()).resumeAfter };
    default:
      return undefined;
  }
}

function headersOf({ credential, traceparent, timeoutMs }: WireCallOptions): MsgHdrs {
  const headers = makeHeaders();
  headers.set(NATS_HEADERS.contentType, 'application/json');
  // The door refuses more than ten minutes; a stream has no deadline.
  if (timeoutMs <= DEADLINE_MAX_MS)
    headers.set(NATS_HEADERS.deadlineMs, String(Math.max(1, Math.floor(timeoutMs))));
  if (credential.apiKey !== undefined) headers.set(NATS_HEADERS.apiKey, credential.apiKey);
  if (credential.token !== undefined) headers.set(NATS_HEADERS.authorization, `Bearer ${credential.token}`);
  if (traceparent !== undefined) headers.set(NATS_HEADERS.traceparent, traceparent);
  return headers;
}

const DEADLINE_MAX_MS = 600_000;

function errorOf(message: Msg): WitanError | undefined {
  // The server's own word that nobody serves the subject.
  if (message.headers?.code === 503) return lost(undefined);
  if (!message.headers?.has(NATS_HEADERS.error)) return undefined;
  return errorInBody(message.json()) ?? lost(undefined);
}

function rateOf(headers: MsgHdrs | undefined): WireRate | undefined {
  if (!headers?.has(NATS_HEADERS.rateRemaining)) return undefined;
  return {
    remaining: Number(headers.get(NATS_HEADERS.rateRemaining)),
    resetMs: Number(headers.get(NATS_HEADERS.rateResetMs)),
  };
}

function lost(cause: unknown): WitanError {
  return new WitanError('unavailable', 'no node answers over NATS', {}, cause);
}
