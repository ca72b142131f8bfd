/** A work item while a worker holds it. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { WorkItem } from '../../../runtime/kernel/ports/work-queue.ts';
import type { JetStreamApi } from '../jetstream/jetstream-api.ts';
import { nanos } from '../jetstream/jetstream-api.ts';
import { parseDelivery } from '../jetstream/delivery.ts';
import { headerOf } from '../link/link-headers.ts';
import type { LinkMessage } from '../link/nats-link.ts';
import type { PortGate } from './port-gate.ts';
import { ITEM_HEADERS, queueNames } from './queue-names.ts';
import type { QueueTerms } from './queue-names.ts';

/** What an item needs of its queue. */
export interface ItemParts {
  readonly queue: string;
  readonly terms: QueueTerms;
  readonly api: JetStreamApi;
  readonly clock: Clock;
  readonly gate: PortGate;
}

// The server's clock of the hold started before ours: ours ends earlier by this share, so that an item that
// was handed on is never acknowledged by the one who lost it.
const HOLD_SHARE = 0.9;

/** See {@link WorkItem}. */
export class HeldItem implements WorkItem {
  readonly id: string;
  readonly queue: string;
  readonly data: Uint8Array;
  readonly deliveryCount: number;
  readonly #ackSubject: string;
  readonly #sequence: number;
  readonly #parts: ItemParts;
  #heldUntilMs: number;
  #isDone = false;

  private constructor(message: LinkMessage, parts: ItemParts, at: { count: number; sequence: number }) {
    this.id = decodeURIComponent(headerOf(message.headers, ITEM_HEADERS.id) ?? String(at.sequence));
    this.queue = parts.queue;
    this.data = message.data;
    this.deliveryCount = at.count;
    this.#ackSubject = message.replyTo!;
    this.#sequence = at.sequence;
    this.#parts = parts;
    this.#heldUntilMs = this.#holdEndMs();
  }

  /** The item of a delivery; undefined for a message that is none. */
  static of(message: LinkMessage, parts: ItemParts): HeldItem | undefined {
    const delivery = parseDelivery(message.replyTo);
    if (!delivery) return undefined;
    return new HeldItem(message, parts, { count: delivery.deliveryCount, sequence: delivery.streamSequence });
  }

  ack(): Promise<void> {
    return this.#end(() => this.#confirm('+ACK'));
  }

  async nack(delayMs = 0): Promise<void> {
    const { maxDeliveries } = this.#parts.terms;
    if (this.deliveryCount >= maxDeliveries) {
      return this.bury(`given back at its last delivery (${maxDeliveries})`, this.deliveryCount);
    }
    const word = delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}` : '-NAK';
    return this.#end(() => this.#confirm(word));
  }

  reject(reason: string): Promise<void> {
    return this.bury(reason, this.deliveryCount);
  }

  extend(): Promise<void> {
    return this.#parts.gate.run(async () => {
      this.#assertHeld();
      const endMs = this.#holdEndMs();
      await this.#confirm('+WPI');
      this.#heldUntilMs = endMs;
    });
  }

  /** Moves it to the poison of the queue, with the number of deliveries that it had. */
  bury(reason: string, deliveryCount: number): Promise<void> {
    return this.#end(async () => {
      const { api, queue } = this.#parts;
      const headers = {
        [ITEM_HEADERS.id]: encodeURIComponent(this.id),
        [ITEM_HEADERS.reason]: encodeURIComponent(reason.slice(0, 500)),
        [ITEM_HEADERS.deliveryCount]: String(deliveryCount),
        // Moved twice, when the end of the first move was lost, it is there once.
        'Nats-Msg-Id': `poison:${this.#sequence}`,
      };
      await api.store(queueNames(queue).poisonSubject(this.id), this.data, { headers });
      await this.#confirm('+TERM');
    });
  }

  #end(work: () => Promise<void>): Promise<void> {
    return this.#parts.gate.run(async () => {
      this.#assertHeld();
      this.#isDone = true;
      try {
        await work();
      } catch (error) {
        // Nothing is known of the outcome: the worker may try again for as long as it holds the item.
        this.#isDone = false;
        throw error;
      }
    });
  }

  #confirm(word: string): Promise<void> {
    return this.#parts.api.confirm(this.#ackSubject, word);
  }

  #holdEndMs(): number {
    return this.#parts.clock.monotonicMs() + this.#parts.terms.ackWaitMs * HOLD_SHARE;
  }

  #assertHeld(): void {
    if (!this.#isDone && this.#parts.clock.monotonicMs() < this.#heldUntilMs) return;
    throw new WitanError('stale_writer', `the hold on an item of ${this.queue} has ended`, { path: 'id' });
  }
}
