/**
 * {@link WorkQueuePort} over JetStream: a work-queue stream, one durable pull consumer, a stream of poison.
 *
 * The server redelivers without end; whoever is handed an item beyond its last delivery moves it to the
 * poison. So no item depends on an advisory that nobody may hear.
 */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type {
  PoisonItem,
  WorkItem,
  WorkQueueOptions,
  WorkQueuePort,
} from '../../../runtime/kernel/ports/work-queue.ts';
import type { JetStreamApi, StoredMessage } from '../jetstream/jetstream-api.ts';
import { nanos } from '../jetstream/jetstream-api.ts';
import { OrderedMessages } from '../jetstream/ordered-messages.ts';
import { pullOne } from '../jetstream/pull-one.ts';
import { headerOf } from '../link/link-headers.ts';
import type { LinkMessage } from '../link/nats-link.ts';
import { PortGate } from './port-gate.ts';
import { HeldItem } from './held-item.ts';
import { CONSUMER, ITEM_HEADERS, QUEUE_DEFAULTS, queueNames } from './queue-names.ts';
import type { QueueNames, QueueTerms } from './queue-names.ts';

/** Settings that all queues of one port share. */
export interface NatsWorkQueueOptions {
  /** Copies in a cluster of servers (default 1). */
  readonly replicaCount?: number;
  /** Time in which the same id is accepted once (default 120,000). */
  readonly dedupWindowMs?: number;
  /** Poison items kept per queue; the oldest go first (default 10,000). */
  readonly poisonMaxCount?: number;
  /** Time for which a poison item is kept (default 30 days): it may hold what must be forgotten one day. */
  readonly poisonMaxAgeMs?: number;
}

const DEDUP_WINDOW_MS = 120_000;
const POISON_MAX_AGE_MS = 30 * 86_400_000;
// One pull waits at most this long: a lost one, or a new leader, then costs no more than that.
const PULL_MS = 10_000;

/** See {@link WorkQueuePort}. */
export class NatsWorkQueue implements WorkQueuePort {
  readonly #api: JetStreamApi;
  readonly #clock: Clock;
  readonly #options: NatsWorkQueueOptions;
  readonly #gate = new PortGate('work queue');
  readonly #terms = new Map<string, QueueTerms>();

  constructor(api: JetStreamApi, clock: Clock, options: NatsWorkQueueOptions = {}) {
    this.#api = api;
    this.#clock = clock;
    this.#options = options;
  }

  declare(queue: string, options: WorkQueueOptions = {}): Promise<void> {
    return this.#gate.run(async () => {
      const names = queueNames(queue);
      const terms = { ...QUEUE_DEFAULTS, ...options };
      const { replicaCount = 1, dedupWindowMs = DEDUP_WINDOW_MS } = this.#options;
      const { poisonMaxCount = 10_000, poisonMaxAgeMs = POISON_MAX_AGE_MS } = this.#options;
      await this.#api.ensureStream({
        name: names.stream,
        subjects: [names.subject],
        // A process that did not declare the queue reads its terms here.
        description: JSON.stringify({ ackWaitMs: terms.ackWaitMs, maxDeliveries: terms.maxDeliveries }),
        retention: 'workqueue',
        storage: 'file',
        discard: 'new',
        num_replicas: replicaCount,
        max_msgs: terms.capacity,
        duplicate_window: nanos(dedupWindowMs),
      });
      await this.#api.ensureStream({
        name: names.poisonStream,
        subjects: [`${names.poisonPrefix}*`],
        retention: 'limits',
        storage: 'file',
        discard: 'old',
        num_replicas: replicaCount,
        max_msgs: poisonMaxCount,
        max_age: nanos(poisonMaxAgeMs),
        max_msgs_per_subject: 1,
        duplicate_window: nanos(dedupWindowMs),
      });
      await this.#api.ensureConsumer(names.stream, {
        durable_name: CONSUMER,
        deliver_policy: 'all',
        ack_policy: 'explicit',
        ack_wait: nanos(terms.ackWaitMs),
        max_deliver: -1,
        max_ack_pending: terms.capacity,
        replay_policy: 'instant',
      });
      this.#terms.set(queue, terms);
    });
  }

  put(queue: string, data: Uint8Array, { id }: { id: string }): Promise<void> {
    return this.#gate.run(async () => {
      await this.#termsOf(queue);
      const headers = { [ITEM_HEADERS.id]: encodeURIComponent(id), 'Nats-Msg-Id': encodeURIComponent(id) };
      await this.#api.store(queueNames(queue).subject, data.slice(), { headers });
    });
  }

  async take(
    queue: string,
    { waitMs, signal }: { waitMs: number; signal?: AbortSignal },
  ): Promise<WorkItem | undefined> {
    this.#gate.assertOpen();
    try {
      return await this.#take(queue, waitMs, signal);
    } catch (error) {
      // Whoever waited when the port closed is told as after a wait for nothing.
      if (this.#gate.isClosed) return undefined;
      throw error;
    }
  }

  depth(queue: string): Promise<number> {
    return this.#gate.run(async () => {
      await this.#termsOf(queue);
      return (await this.#api.streamInfo(queueNames(queue).stream)).state.messages;
    });
  }

  poison(queue: string): Promise<PoisonItem[]> {
    return this.#gate.run(async () => {
      await this.#termsOf(queue);
      return this.#readPoison(queueNames(queue));
    });
  }

  replay(queue: string, id: string): Promise<void> {
    return this.#gate.run(async () => {
      await this.#termsOf(queue);
      const names = queueNames(queue);
      const found = await this.#poisonItem(queue, id);
      // An id of its own: the first one may still stand in the window. The same replay twice is one.
      const headers = {
        [ITEM_HEADERS.id]: encodeURIComponent(id),
        'Nats-Msg-Id': `replay:${found.sequence}:${encodeURIComponent(id)}`,
      };
      await this.#api.store(names.subject, found.data, { headers });
      await this.#api.deleteMessage(names.poisonStream, found.sequence);
    });
  }

  drop(queue: string, id: string): Promise<void> {
    return this.#gate.run(async () => {
      await this.#termsOf(queue);
      const { sequence } = await this.#poisonItem(queue, id);
      await this.#api.deleteMessage(queueNames(queue).poisonStream, sequence);
    });
  }

  async close(): Promise<void> {
    this.#gate.close();
  }

  /** @throws not_found */
  async #poisonItem(queue: string, id: string): Promise<StoredMessage> {
    const { poisonStream, poisonSubject } = queueNames(queue);
    const found = await this.#api.lastOf(poisonStream, poisonSubject(id));
    if (found) return found;
    throw new WitanError('not_found', `there is no such poison item in ${queue}`, { path: 'id' });
  }

  async #take(queue: string, waitMs: number, signal: AbortSignal | undefined): Promise<WorkItem | undefined> {
    const terms = await this.#termsOf(queue);
    const until = this.#clock.monotonicMs() + waitMs;
    for (let isFirst = true; !signal?.aborted && !this.#gate.isClosed; isFirst = false) {
      const restMs = Math.min(PULL_MS, until - this.#clock.monotonicMs());
      if (restMs <= 0 && !isFirst) return undefined;
      const message = await pullOne(this.#api, this.#clock, {
        stream: queueNames(queue).stream,
        consumer: CONSUMER,
        waitMs: Math.max(0, restMs),
        signal,
        waiters: this.#gate.waiters,
      });
      const item = message && this.#item(queue, terms, message);
      if (!item) continue;
      if (item.deliveryCount <= terms.maxDeliveries) return item;
      await item.bury(`not acknowledged in ${terms.maxDeliveries} deliveries`, terms.maxDeliveries);
    }
    return undefined;
  }

  /** @throws not_found */
  async #termsOf(queue: string): Promise<QueueTerms> {
    const known = this.#terms.get(queue);
    if (known) return known;
    const names = queueNames(queue);
    try {
      const { config } = await this.#api.streamInfo(names.stream);
      const stored = JSON.parse(config.description ?? '{}') as Partial<QueueTerms>;
      const terms = { ...QUEUE_DEFAULTS, ...stored, capacity: config.max_msgs ?? QUEUE_DEFAULTS.capacity };
      this.#terms.set(queue, terms);
      return terms;
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'not_found') throw error;
      throw new WitanError('not_found', `the queue ${queue} is not declared`, { path: 'queue' }, error);
    }
  }

  #item(queue: string, terms: QueueTerms, message: LinkMessage): HeldItem | undefined {
    return HeldItem.of(message, { queue, terms, api: this.#api, clock: this.#clock, gate: this.#gate });
  }

  async #readPoison(names: QueueNames): Promise<PoisonItem[]> {
    const items = new Map<string, PoisonItem>();
    let messages: OrderedMessages | undefined;
    let onClose: (error: WitanError) => void = () => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#gate.waiters.add((onClose = reject));
        OrderedMessages.start({
          api: this.#api,
          clock: this.#clock,
          stream: names.poisonStream,
          filter: `${names.poisonPrefix}*`,
          onMessage: ({ subject, data, headers }) => {
            const text = (name: string): string => decodeURIComponent(headerOf(headers, name) ?? '');
            items.set(subject, {
              id: text(ITEM_HEADERS.id),
              data: data.slice(),
              reason: text(ITEM_HEADERS.reason),
              deliveryCount: Number(text(ITEM_HEADERS.deliveryCount)),
            });
          },
          onCaughtUp: resolve,
          onLost: reject,
        }).then((started) => (messages = started), reject);
      });
    } finally {
      this.#gate.waiters.delete(onClose);
      messages?.close();
    }
    return [...items.values()];
  }
}
