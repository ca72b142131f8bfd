/**
 * Messages of a stream in order, without a gap, across reconnects and restarts of the server.
 *
 * An ephemeral consumer pushes; a gap in its own numbering, a missed heartbeat or a reconnect makes a new one
 * that starts after the last message that was given on.
 * @source NATS ADR-15 (flow control, idle heartbeats), ADR-17 (ordered consumer)
 */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { LinkMessage, LinkSubscription } from '../link/nats-link.ts';
import { headerOf } from '../link/link-headers.ts';
import { parseDelivery } from './delivery.ts';
import { nanos } from './jetstream-api.ts';
import type { ConsumerConfig, JetStreamApi } from './jetstream-api.ts';

/** One message, in order of `sequence`. */
export interface OrderedMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly sequence: number;
  readonly storedWallMs: number;
}

/** What is followed, and who is told. */
export interface OrderedOptions {
  readonly api: JetStreamApi;
  readonly clock: Clock;
  readonly stream: string;
  readonly filter: string;
  readonly headersOnly?: boolean;
  /** Everything that is kept, not only the last message of each subject. */
  readonly isWhole?: boolean;
  onMessage(message: OrderedMessage): void;
  /** Everything stored at the start was given on; called once. */
  onCaughtUp?(): void;
  /** The stream is gone or is another one: nothing more will come. */
  onLost(error: WitanError): void;
}

const HEARTBEAT_MS = 1_000;
// A stream without a leader says nothing: a request is given up soon, so that the next meets the new leader.
const ATTEMPT_MS = 1_500;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;
// A new leader may for a moment not know yet what the old one had given out.
const BEHIND_MAX_MS = 15_000;
const CONTROL = 100;
const EMPTY = new Uint8Array();

/** A running follower; `close` ends it. */
export class OrderedMessages {
  readonly #options: OrderedOptions;
  readonly #stopEvents: () => void;
  #created: string | undefined;
  #consumer: string | undefined;
  #subscription: LinkSubscription | undefined;
  #lastSequence = 0;
  #consumerSequence = 0;
  #isCaughtUp = false;
  #isClosed = false;
  #retryMs = RETRY_MIN_MS;
  #behindSinceMs: number | undefined;
  /** Counts consumers, so that what a replaced one still sends is not taken. */
  #round = 0;
  #watchdog: TimerHandle | undefined;

  private constructor(options: OrderedOptions) {
    this.#options = options;
    this.#stopEvents = options.api.link.onEvent((event) => {
      if (event === 'connected') this.#restart(0);
      if (event === 'closed') this.#lose(new WitanError('unavailable', 'the connection to NATS is closed'));
    });
  }

  /** Starts; resolves when the first consumer stands. @throws not_found, unavailable */
  static async start(options: OrderedOptions): Promise<OrderedMessages> {
    const messages = new OrderedMessages(options);
    try {
      await messages.#consume();
    } catch (error) {
      messages.close();
      throw error;
    }
    return messages;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopEvents();
    this.#dropConsumer();
  }

  async #consume(): Promise<void> {
    const { api, stream, filter, headersOnly = false, isWhole = false } = this.#options;
    const round = (this.#round += 1);
    const { created, state } = await api.streamInfo(stream, ATTEMPT_MS);
    if ((this.#created ??= created) !== created) {
      throw new WitanError('not_found', 'the stream was replaced by another one');
    }
    if (state.last_seq < this.#lastSequence) throw this.#behind(state.last_seq);
    this.#behindSinceMs = undefined;
    if (this.#isClosed || round !== this.#round) return;
    const inbox = api.link.newInbox();
    this.#consumerSequence = 0;
    this.#subscription = api.link.subscribe(inbox, (message) => this.#take(message, round));
    const isResumed = this.#lastSequence > 0;
    const config: ConsumerConfig = {
      deliver_subject: inbox,
      deliver_policy: isResumed ? 'by_start_sequence' : isWhole ? 'all' : 'last_per_subject',
      ...(isResumed && { opt_start_seq: this.#lastSequence + 1 }),
      ack_policy: 'none',
      max_deliver: 1,
      filter_subject: filter,
      replay_policy: 'instant',
      flow_control: true,
      idle_heartbeat: nanos(HEARTBEAT_MS),
      headers_only: headersOnly,
      inactive_threshold: nanos(30_000),
      mem_storage: true,
      num_replicas: 1,
    };
    const info = await api.ensureConsumer(stream, config, ATTEMPT_MS);
    if (this.#isClosed || round !== this.#round) return void this.#discard(info.name);
    this.#consumer = info.name;
    this.#retryMs = RETRY_MIN_MS;
    this.#watch();
    if (info.num_pending === 0 && this.#consumerSequence === 0) this.#caughtUp();
  }

  #take(message: LinkMessage, round: number): void {
    if (round !== this.#round || this.#isClosed) return;
    this.#watch();
    if (message.status === CONTROL) return this.#takeControl(message);
    const delivery = parseDelivery(message.replyTo);
    if (!delivery) return;
    if (delivery.consumerSequence !== this.#consumerSequence + 1) return this.#restart(0);
    this.#consumerSequence = delivery.consumerSequence;
    // A consumer made on a leader that was behind starts too early: what was given on is not told twice.
    if (delivery.streamSequence <= this.#lastSequence) return;
    this.#lastSequence = delivery.streamSequence;
    const { subject, data, headers } = message;
    const { streamSequence: sequence, storedWallMs } = delivery;
    this.#options.onMessage({ subject, data, headers, sequence, storedWallMs });
    if (delivery.pendingCount === 0) this.#caughtUp();
  }

  #takeControl({ replyTo, headers }: LinkMessage): void {
    const { link } = this.#options.api;
    const stalled = replyTo ?? headerOf(headers, 'Nats-Consumer-Stalled');
    if (stalled && link.isConnected) link.publish(stalled, EMPTY);
    const last = headerOf(headers, 'Nats-Last-Consumer');
    if (last === undefined) return;
    if (Number(last) > this.#consumerSequence) this.#restart(0);
    // An idle consumer has nothing before it, even if what it once had was removed meanwhile.
    else if (this.#consumer !== undefined) this.#caughtUp();
  }

  /** Behind what was given on: a leader that will catch up, or a stream that lost its end. */
  #behind(lastSequence: number): WitanError {
    const nowMs = this.#options.clock.monotonicMs();
    this.#behindSinceMs ??= nowMs;
    const isLost = nowMs - this.#behindSinceMs > BEHIND_MAX_MS;
    return new WitanError(
      isLost ? 'not_found' : 'unavailable',
      `the stream ends at ${lastSequence}, before what was read of it`,
    );
  }

  #caughtUp(): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#options.onCaughtUp?.();
  }

  #watch(): void {
    this.#watchdog?.cancel();
    if (!this.#isClosed)
      this.#watchdog = this.#options.clock.setTimer(HEARTBEAT_MS * 2.5, () => this.#restart(0));
  }

  #restart(delayMs: number): void {
    if (this.#isClosed) return;
    this.#dropConsumer();
    const round = (this.#round += 1);
    this.#watchdog = this.#options.clock.setTimer(delayMs, () => {
      if (round !== this.#round || !this.#options.api.link.isConnected) return;
      this.#consume().catch((error: unknown) => this.#failed(toWitanError(error)));
    });
  }

  #failed(error: WitanError): void {
    if (this.#isClosed) return;
    if (error.code === 'not_found') return this.#lose(error);
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
    this.#restart(this.#retryMs);
  }

  #lose(error: WitanError): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.onLost(error);
  }

  #dropConsumer(): void {
    this.#watchdog?.cancel();
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    if (this.#consumer !== undefined) this.#discard(this.#consumer);
    this.#consumer = undefined;
  }

  #discard(consumer: string): void {
    // Only tidiness: the server drops it by itself after the inactive threshold.
    const { api, stream } = this.#options;
    if (api.link.isConnected) api.deleteConsumer(stream, consumer).catch(() => undefined);
  }
}
