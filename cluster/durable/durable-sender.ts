/** Sends messages that must arrive: into the queue before the sender is told that they are sent. */
import { canonicalBytes } from '../../contracts/ledger/canonical-json.ts';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import { DurableEnvelope } from '../../contracts/messages/cluster/durable.ts';
import type { Clock, Random } from '../../runtime/kernel/clock.ts';
import type { WorkQueuePort } from '../../runtime/kernel/ports/work-queue.ts';
import { Backoff } from '../../supervisors/backoff.ts';
import { pause } from '../../supervisors/pause.ts';

/** What a sender is made of. */
export interface DurableSenderOptions {
  readonly queue: WorkQueuePort;
  /** Declared by its takers and senders alike. */
  readonly queueName: string;
  /** Name of this node. */
  readonly node: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Messages that may wait here for the queue to take them (default 1,000); more are `overloaded`. */
  readonly maxWaiting?: number;
  /** Bytes of one message at most (default 256 KiB). */
  readonly maxBytes?: number;
  /** Time for which a queue that takes nothing is tried (default 60,000). */
  readonly sendMs?: number;
}

/** A message to send. */
export interface DurableMessage {
  /** The same message has the same id, whoever sends it again, and when. */
  readonly id: string;
  readonly to: string;
  /** JSON. */
  readonly message: unknown;
  readonly schemaVersion?: number;
  readonly tenant?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** What a sender counts. */
export interface SenderCounters {
  readonly sent: number;
  /** Refused because too many waited here, or the queue was full. */
  readonly overflowed: number;
  /** Given up: the queue took nothing in time. */
  readonly failed: number;
}

/** See the head of the file. */
export class DurableSender {
  readonly counters: { -readonly [Name in keyof SenderCounters]: number } = {
    sent: 0,
    overflowed: 0,
    failed: 0,
  };
  readonly #options: DurableSenderOptions;
  readonly #abort = new AbortController();
  readonly #open = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: DurableSenderOptions) {
    this.#options = options;
  }

  /** Messages that wait here for the queue. */
  get waitingCount(): number {
    return this.#open.size;
  }

  /**
   * Resolves when the queue has the message on its disks; until then it may be lost with this node.
   *
   * @throws invalid_argument or too_large for what cannot be sent; overloaded when too much waits, here or in
   *   the queue; unavailable when the queue took nothing in time, and may have it all the same
   */
  async send(message: DurableMessage): Promise<void> {
    const { maxWaiting = 1_000 } = this.#options;
    const data = this.#encode(message);
    if (this.#isClosed) throw new WitanError('stopped', 'This node sends nothing any more');
    if (this.#open.size >= maxWaiting) {
      this.counters.overflowed += 1;
      throw new WitanError('overloaded', `${maxWaiting} messages wait for the queue already`, {
        path: this.#options.queueName,
      });
    }
    const putting = this.#put(message.id, data);
    this.#open.add(putting);
    try {
      await putting;
      this.counters.sent += 1;
    } catch (error) {
      if (toWitanError(error).code === 'overloaded') this.counters.overflowed += 1;
      else this.counters.failed += 1;
      throw error;
    } finally {
      this.#open.delete(putting);
    }
  }

  /** Takes nothing more; what waits is `stopped` when it has not gone in `graceMs`. Idempotent. */
  async close(graceMs = 0): Promise<void> {
    this.#isClosed = true;
    const timer = this.#options.clock.setTimer(graceMs, () => this.#abort.abort());
    await Promise.allSettled(this.#open);
    timer.cancel();
  }

  #encode(given: DurableMessage): Uint8Array {
    const { node, clock, maxBytes = 262_144, queueName } = this.#options;
    const { id, to, message, schemaVersion = 1, tenant, traceparent } = given;
    const body = {
      format: 'witan-durable/1',
      id,
      to,
      from: node,
      sentAtWallMs: clock.wallMs(),
      schemaVersion,
    };
    const optional = {
      ...(tenant === undefined ? {} : { tenant }),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const parsed = DurableEnvelope.safeParse({ ...body, ...optional, message });
    if (!parsed.success) {
      const path = parsed.error.issues[0]?.path.join('.') ?? '';
      throw new WitanError('invalid_argument', 'A durable message is JSON with an id and a receiver', {
        path,
      });
    }
    const data = canonicalBytes(parsed.data);
    if (data.length <= maxBytes) return data;
    throw new WitanError('too_large', `A message of ${queueName} has ${maxBytes} bytes at most`, {
      path: 'message',
      limit: maxBytes,
    });
  }

  /** A put whose outcome is unknown is made again: its id stands for one message. */
  async #put(id: string, data: Uint8Array): Promise<void> {
    const { queue, queueName, clock, random, sendMs = 60_000 } = this.#options;
    const backoff = new Backoff(random, { firstMs: 100, maxMs: 5_000 });
    const endMs = clock.monotonicMs() + sendMs;
    for (;;) {
      if (this.#abort.signal.aborted) throw new WitanError('stopped', 'This node sends nothing any more');
      try {
        return await queue.put(queueName, data, { id });
      } catch (error) {
        const nowMs = clock.monotonicMs();
        const delayMs = backoff.next(nowMs);
        if (toWitanError(error).code !== 'unavailable' || nowMs + delayMs >= endMs) throw error;
        await pause(clock, delayMs, this.#abort.signal);
      }
    }
  }
}
