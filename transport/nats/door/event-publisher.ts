/**
 * Publishes the events of decisions on their subjects, tenant by tenant; kept in a stream of each tenant
 * where a retention is set.
 *
 * Kept events are acknowledged by the server and tried again until they are, in order, and each is stored
 * once: their message id is decision and sequence. Without retention they are gone when nobody listens.
 *
 * Kept events carry no words: no erasure of a person reaches a server's files, so what may quote an input is
 * never put there. A reader finds it by decision and seat, behind the gate. Streams from before that are
 * emptied once.
 */
import { toWitanError } from '../../../contracts/errors.ts';
import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import { withoutProse } from '../../../contracts/messages/privacy/event-prose.ts';
import { SEALED_TEXT } from '../../../contracts/messages/privacy/sealed-record.ts';
import { NATS_HEADERS } from '../../../contracts/nats-headers.ts';
import { decisionPattern, decisionSubject } from '../../../contracts/subjects.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import { SystemClock } from '../../../runtime/kernel/system-clock.ts';
import type { DoorBackend } from '../../door/backend.ts';
import type { NatsPorts } from '../connect-nats.ts';
import { nanos } from '../jetstream/jetstream-api.ts';
import { encodeToken } from '../link/subject-form.ts';

/** What is published, and how long it is kept. */
export interface EventPublisherOptions {
  readonly ports: NatsPorts;
  readonly backend: Pick<DoorBackend, 'followAll'>;
  readonly tenants: readonly string[];
  /** Absent: events are published and not kept. */
  readonly retention?: { readonly maxAgeMs: number; readonly maxBytes: number } | undefined;
  readonly clock?: Clock;
  /** Told of events that were not published: the node is ahead of the server by more than the backlog. */
  onLost?(tenant: string, count: number): void;
}

/** Running publishers. */
export interface EventPublisher {
  /** Stops to follow; what waits is given `graceMs`. */
  close(graceMs: number): Promise<void>;
}

// Events that wait for the server, per tenant.
const MAX_BACKLOG = 10_000;
const RETRY_MS = 250;
const encoder = new TextEncoder();

/** Name of the stream that keeps the events of a tenant. */
export function eventStreamName(tenant: string): string {
  return `WITAN_EVENTS_${encodeToken(tenant)}`;
}

/** Starts to publish. @throws not_supported (retention without JetStream), unavailable */
export async function publishEvents(options: EventPublisherOptions): Promise<EventPublisher> {
  const publishers: TenantPublisher[] = [];
  for (const tenant of options.tenants) {
    if (options.retention) await ensureEventStream(options, tenant);
    publishers.push(new TenantPublisher(tenant, options));
  }
  return {
    close: async (graceMs) => void (await Promise.all(publishers.map((one) => one.close(graceMs)))),
  };
}

/** Says that nothing in the stream holds words; written after what an older version kept was removed. */
const DESCRIPTION = 'Events of decisions of one tenant, without words';

async function ensureEventStream({ ports, retention }: EventPublisherOptions, tenant: string): Promise<void> {
  const { jetStream } = ports;
  const name = eventStreamName(tenant);
  const subject = decisionPattern({ tenant });
  const known = await jetStream.streamInfo(name).catch((error: unknown) => {
    const { code } = toWitanError(error);
    // Without JetStream, creating says so.
    if (code === 'not_found' || code === 'not_supported') return undefined;
    throw error;
  });
  if (known && known.config.description !== DESCRIPTION) await jetStream.purge(name, subject);
  await jetStream.ensureStream({
    name,
    subjects: [subject],
    description: DESCRIPTION,
    retention: 'limits',
    storage: 'file',
    discard: 'old',
    max_age: nanos(retention!.maxAgeMs),
    max_bytes: retention!.maxBytes,
    duplicate_window: nanos(Math.min(120_000, retention!.maxAgeMs)),
  });
}

class TenantPublisher {
  readonly #tenant: string;
  readonly #options: EventPublisherOptions;
  readonly #clock: Clock;
  readonly #unfollow: () => void;
  #backlog: DecisionEvent[] = [];
  #isSending = false;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(tenant: string, options: EventPublisherOptions) {
    this.#tenant = tenant;
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    const principal = { id: 'node:nats-events', tenant, scopes: ['decision:read'] };
    this.#unfollow = options.backend.followAll(principal, {
      onEvent: (event) => this.#take(event),
      onGap: (count) => options.onLost?.(tenant, count),
      onEnd: () => undefined,
    });
  }

  async close(graceMs: number): Promise<void> {
    this.#unfollow();
    if (this.#isSending && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(graceMs, resolve);
        this.#onIdle = () => (timer.cancel(), resolve());
      });
    }
    this.#isClosed = true;
  }

  #take(event: DecisionEvent): void {
    if (this.#backlog.length >= MAX_BACKLOG) return this.#options.onLost?.(this.#tenant, 1);
    this.#backlog.push(event);
    if (this.#isSending) return;
    this.#isSending = true;
    void this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#backlog.length > 0 && !this.#isClosed) {
      if (await this.#send(this.#backlog[0]!)) this.#backlog.shift();
      else await new Promise<void>((resolve) => this.#clock.setTimer(RETRY_MS, resolve));
    }
    this.#isSending = false;
    this.#onIdle?.();
  }

  /** False: to be tried again. */
  async #send(event: DecisionEvent): Promise<boolean> {
    const { ports, retention, onLost } = this.#options;
    const subject = decisionSubject(this.#tenant, event.decisionId, event.type);
    const headers = {
      [NATS_HEADERS.contentType]: 'application/json',
      [NATS_HEADERS.sequence]: String(event.sequence),
      [NATS_HEADERS.messageId]: `${event.decisionId}:${event.sequence}`,
    };
    const data = encoder.encode(JSON.stringify(retention ? withoutProse(event, SEALED_TEXT) : event));
    try {
      if (retention) await ports.jetStream.store(subject, data, { headers });
      else ports.link.publish(subject, data, { headers });
      return true;
    } catch (error) {
      // Kept events wait for the server; others are for those who listen now, and an event that no server
      // takes would block all after it.
      if (retention && toWitanError(error).retryable) return false;
      onLost?.(this.#tenant, 1);
      return true;
    }
  }
}
