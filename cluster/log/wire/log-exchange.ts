/**
 * Questions and answers between the nodes of a log over the bus, of any size.
 *
 * What is larger than one message of the bus goes in parts: a question is handed over part by part before
 * it is asked, an answer is fetched part by part. What nobody fetches goes after a while.
 */
import { WitanError, toWitanError, type ErrorCode } from '../../../contracts/errors.ts';
import { LOG_LANES, logSubject } from '../../../contracts/cluster-names.ts';
import type { LogLane } from '../../../contracts/cluster-names.ts';
import { LogPush, LogAsk, WireError } from '../../../contracts/messages/cluster/log-wire.ts';
import { concatBytes } from '../../../contracts/ledger/bytes.ts';
import type { Clock, Random } from '../../../runtime/kernel/clock.ts';
import type { BusMessage, BusPort, Subscription } from '../../../runtime/kernel/ports/bus.ts';
import { decodeMessage, encodeMessage } from './log-codec.ts';
import { HeldParts } from './held-parts.ts';

/** Bytes of a message, apart from its header. */
export const MAX_BODY_BYTES = 524_288;

/** What was answered. */
export interface LogAnswer {
  readonly reply: unknown;
  readonly body: Uint8Array;
}

/** Who takes what comes in; `lane` is what its sender was allowed to send on. */
export interface LogHandlers {
  onPush(push: LogPush, body: Uint8Array, lane: LogLane): void;
  /** @throws what the asker is to get */
  onAsk(
    ask: LogAsk,
    body: Uint8Array,
    lane: LogLane,
  ): Promise<{ reply: unknown; body?: Uint8Array | undefined }>;
}

/** Settings of a {@link LogExchange}. */
export interface LogExchangeOptions {
  readonly bus: BusPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly cluster: string;
  /** Name of the log among the cluster's. */
  readonly log: string;
  readonly node: string;
  /** Told of messages that could not be read. */
  readonly onError?: ((error: WitanError) => void) | undefined;
}

/** How an ask failed before anybody can have acted on it. */
export const NOT_TAKEN = 'not-taken';

/** See the head of the file. */
export class LogExchange {
  readonly #options: LogExchangeOptions;
  readonly #held: HeldParts;
  #subscription: Subscription | undefined;
  #askCount = 0;
  readonly #run: string;

  constructor(options: LogExchangeOptions) {
    this.#options = options;
    this.#held = new HeldParts(options.clock);
    this.#run = `${options.random.uint32().toString(16)}${options.random.uint32().toString(16)}`;
  }

  /** Takes what is sent to this node from now on. */
  async listen(handlers: LogHandlers): Promise<void> {
    const { bus, cluster, log, node } = this.#options;
    this.#subscription = await bus.subscribe(logSubject(cluster, log, node, '*'), (message) => {
      void this.#take(message, handlers).catch((error: unknown) =>
        this.#options.onError?.(toWitanError(error)),
      );
    });
  }

  /** Sends what needs no answer; it may be lost. Larger than a message of the bus: it is not sent. */
  push(node: string, push: LogPush, body?: Uint8Array): void {
    if (body && body.length > MAX_BODY_BYTES) return;
    try {
      this.#options.bus.publish(this.#subject(node, 'copy'), encodeMessage(push, body));
    } catch (error) {
      // As good as lost on the way.
      this.#options.onError?.(toWitanError(error));
    }
  }

  /**
   * Asks a node. @throws what it answered; unavailable with `details.reason` {@link NOT_TAKEN} when it is
   * sure that nobody took the question, without it when that is not known
   */
  async ask(
    node: string,
    ask: LogAsk,
    options: { timeoutMs: number; body?: Uint8Array; lane?: LogLane },
  ): Promise<LogAnswer> {
    const { timeoutMs, body = new Uint8Array(0), lane = laneOf(ask) } = options;
    const to = { node, lane };
    const small = body.length <= MAX_BODY_BYTES;
    const id = `${this.#options.node}.${this.#run}.${(this.#askCount += 1)}`;
    let isAsked = false;
    try {
      for (let at = 0; !small && at < body.length; at += MAX_BODY_BYTES) {
        const part = body.subarray(at, at + MAX_BODY_BYTES);
        await this.#request(to, { type: 'part', id, at, total: body.length }, { timeoutMs, body: part });
      }
      isAsked = true;
      const first = await (small
        ? this.#request(to, ask, { timeoutMs, body })
        : this.#request(to, { type: 'whole', id, ask }, { timeoutMs }));
      return await this.#whole(to, first, timeoutMs);
    } catch (error) {
      if (error instanceof AnsweredError) throw error.answer;
      const { code, message } = toWitanError(error);
      const isNotTaken = !isAsked || code === 'unavailable';
      const details = isNotTaken ? { node, reason: NOT_TAKEN } : { node };
      throw new WitanError('unavailable', `${node} does not answer: ${message}`, details, error);
    }
  }

  /** Takes nothing any more. Idempotent. */
  async close(): Promise<void> {
    this.#held.clear();
    await this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  async #whole(
    to: To,
    first: LogAnswer & { large?: Large | undefined },
    timeoutMs: number,
  ): Promise<LogAnswer> {
    const { reply, body, large } = first;
    if (!large) return { reply, body };
    const parts = [body];
    for (let at = body.length; at < large.total;) {
      const more = await this.#request(to, { type: 'more', id: large.id, at }, { timeoutMs });
      if (more.body.length === 0) {
        throw new WitanError('unavailable', 'an answer ends early', { node: to.node });
      }
      parts.push(more.body);
      at += more.body.length;
    }
    return { reply, body: concatBytes(...parts) };
  }

  async #request(
    { node, lane }: To,
    header: unknown,
    { timeoutMs, body }: { timeoutMs: number; body?: Uint8Array },
  ): Promise<LogAnswer & { large?: Large | undefined }> {
    const message = await this.#options.bus.request(this.#subject(node, lane), encodeMessage(header, body), {
      timeoutMs,
    });
    const { header: answer, body: bytes } = decodeMessage(message.data);
    const { reply, error, large } = answer as { reply?: unknown; error?: unknown; large?: Large };
    if (error === undefined) return { reply, body: bytes, large };
    const { code, message: text, details } = WireError.parse(error);
    throw new AnsweredError(new WitanError(code as ErrorCode, text, details));
  }

  async #take(message: BusMessage, handlers: LogHandlers): Promise<void> {
    const { header, body } = decodeMessage(message.data);
    const lane = LOG_LANES.find((one) => message.subject.endsWith(`.${one}`));
    if (lane === undefined) throw new WitanError('bad_encoding', `no way to a log: ${message.subject}`);
    if (message.replyTo === undefined) return handlers.onPush(LogPush.parse(header), body, lane);
    const onAsk = (ask: LogAsk, whole: Uint8Array): ReturnType<LogHandlers['onAsk']> =>
      handlers.onAsk(ask, whole, lane);
    const answer = await this.#answer(header, body, onAsk).catch((error: unknown) => {
      const { code, message: text, details } = toWitanError(error);
      return encodeMessage({ error: { code, message: text, details } });
    });
    this.#options.bus.publish(message.replyTo, answer);
  }

  async #answer(
    header: unknown,
    body: Uint8Array,
    onAsk: (ask: LogAsk, body: Uint8Array) => ReturnType<LogHandlers['onAsk']>,
  ): Promise<Uint8Array> {
    const part = header as { type: string; id: string; at: number; total: number; ask: unknown };
    if (part.type === 'part') {
      this.#held.add(part.id, { at: part.at, total: part.total, bytes: body });
      return encodeMessage({ reply: null });
    }
    if (part.type === 'more')
      return encodeMessage({ reply: null }, this.#held.part(part.id, part.at, MAX_BODY_BYTES));
    const whole = part.type === 'whole' ? this.#held.take(part.id) : body;
    const ask = LogAsk.parse(part.type === 'whole' ? part.ask : header);
    const { reply, body: bytes } = await onAsk(ask, whole);
    if (!bytes || bytes.length <= MAX_BODY_BYTES) return encodeMessage({ reply }, bytes);
    const id = `${this.#options.node}.${this.#run}.${(this.#askCount += 1)}`;
    this.#held.add(id, { at: 0, total: bytes.length, bytes });
    return encodeMessage({ reply, large: { id, total: bytes.length } }, bytes.subarray(0, MAX_BODY_BYTES));
  }

  #subject(node: string, lane: LogLane): string {
    return logSubject(this.#options.cluster, this.#options.log, node, lane);
  }
}

interface To {
  readonly node: string;
  readonly lane: LogLane;
}

/** Way of an ask whose asker names none: the narrowest that is taken. */
function laneOf({ type }: LogAsk): LogLane {
  return isCopying(type) ? 'copy' : 'note';
}

/** Whether an ask belongs to replication. */
export function isCopying(type: LogAsk['type']): boolean {
  return type === 'hello' || type === 'root' || type === 'cut' || type === 'pull';
}

interface Large {
  readonly id: string;
  readonly total: number;
}

/** The other node answered, and its answer is an error. */
class AnsweredError extends Error {
  readonly answer: WitanError;

  constructor(answer: WitanError) {
    super(answer.message);
    this.answer = answer;
  }
}
