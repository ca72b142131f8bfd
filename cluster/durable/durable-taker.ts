/** Takes messages out of a durable queue, brings each to its receiver, and acknowledges what was handled. */
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import { DurableEnvelope } from '../../contracts/messages/cluster/durable.ts';
import type { Clock, Random } from '../../runtime/kernel/clock.ts';
import type { WorkItem, WorkQueuePort } from '../../runtime/kernel/ports/work-queue.ts';
import { Backoff } from '../../supervisors/backoff.ts';
import { pause } from '../../supervisors/pause.ts';
import { outcomeOf, REDELIVERY } from './redelivery.ts';
import type { RedeliveryTerms } from './redelivery.ts';

/** What a taker is made of. */
export interface DurableTakerOptions {
  readonly queue: WorkQueuePort;
  readonly queueName: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Resolves when the receiver has handled it, under its fence; wherever it lives. @throws WitanError */
  readonly deliver: (envelope: DurableEnvelope, deliveryCount: number) => Promise<void>;
  /** Whether this node may take now (its lease is held); default: always. */
  readonly mayTake?: () => boolean;
  /** Messages that are being handled at one time (default 16): the queue is the buffer, not this node. */
  readonly concurrency?: number;
  /** Hold of the queue, as it was declared: it is extended three times in it while a message is handled. */
  readonly ackWaitMs: number;
  readonly terms?: RedeliveryTerms;
  /** Told of what could not be done: the queue away, a dead letter. */
  readonly onTrouble?: (what: string, fields: Record<string, unknown>) => void;
}

/** What a taker counts. */
export interface TakerCounters {
  readonly handled: number;
  /** Given back, to be delivered again. */
  readonly again: number;
  readonly dead: number;
  /** Handled, and not acknowledged, because the hold had ended: it comes again, and is known then. */
  readonly lateAcks: number;
}

// One wait for an item; a queue answers a longer one no sooner.
const TAKE_MS = 5_000;
const PAUSE_MS = 250;

/** See the head of the file. Starts with `start`. */
export class DurableTaker {
  readonly counters: { -readonly [Name in keyof TakerCounters]: number } = {
    handled: 0,
    again: 0,
    dead: 0,
    lateAcks: 0,
  };
  readonly #options: DurableTakerOptions;
  readonly #abort = new AbortController();
  #lines: Promise<void>[] = [];
  #inHand = 0;

  constructor(options: DurableTakerOptions) {
    this.#options = options;
  }

  /** Messages that are being handled. */
  get inHand(): number {
    return this.#inHand;
  }

  /** Begins to take. Once. */
  start(): void {
    const { concurrency = 16 } = this.#options;
    this.#lines = Array.from({ length: concurrency }, () => this.#line());
  }

  /** Takes nothing more; resolves when what is in hand has its end. Idempotent. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#lines);
  }

  async #line(): Promise<void> {
    const { queue, queueName, clock, random, mayTake = () => true, onTrouble } = this.#options;
    const { signal } = this.#abort;
    const backoff = new Backoff(random, { firstMs: PAUSE_MS, maxMs: 5_000 });
    while (!signal.aborted) {
      if (!mayTake()) {
        await pause(clock, PAUSE_MS, signal);
        continue;
      }
      try {
        const item = await queue.take(queueName, { waitMs: TAKE_MS, signal });
        if (item) await this.#handle(item);
      } catch (error) {
        const { code, message } = toWitanError(error);
        onTrouble?.('the queue cannot be taken from', { queue: queueName, code, message });
        await pause(clock, backoff.next(clock.monotonicMs()), signal);
      }
    }
  }

  /** Never rejects for the message's sake: whatever its end, the next one is taken. */
  async #handle(item: WorkItem): Promise<void> {
    this.#inHand += 1;
    const stopExtending = this.#extending(item);
    try {
      await this.#deliver(item);
      await this.#ack(item);
    } catch (error) {
      await this.#failed(item, toWitanError(error));
    } finally {
      stopExtending();
      this.#inHand -= 1;
    }
  }

  #deliver(item: WorkItem): Promise<void> {
    const envelope = readEnvelope(item.data);
    return this.#options.deliver(envelope, item.deliveryCount);
  }

  /** Only after the receiver's word. A hold that has ended makes no harm: the receiver knows the id. */
  async #ack(item: WorkItem): Promise<void> {
    this.counters.handled += 1;
    await item.ack().catch((error: unknown) => this.#late(item, error));
  }

  async #failed(item: WorkItem, error: WitanError): Promise<void> {
    const { terms = REDELIVERY, random, queueName, onTrouble } = this.#options;
    const outcome = outcomeOf(error, item.deliveryCount, { terms, random });
    try {
      if (outcome.type === 'again') {
        await item.nack(outcome.delayMs);
        this.counters.again += 1;
        return;
      }
      await item.reject(outcome.reason);
      this.counters.dead += 1;
      onTrouble?.('a message is a dead letter', { queue: queueName, id: item.id, reason: outcome.reason });
    } catch (fault) {
      this.#late(item, fault);
    }
  }

  #late(item: WorkItem, error: unknown): void {
    const { code } = toWitanError(error);
    this.counters.lateAcks += 1;
    this.#options.onTrouble?.('the end of a message is not known to the queue', { id: item.id, code });
  }

  #extending(item: WorkItem): () => void {
    const { clock, ackWaitMs } = this.#options;
    let timer = clock.setTimer(ackWaitMs / 3, extend);
    // An extension that fails ends the hold; the acknowledgement says so.
    function extend(): void {
      item.extend().catch(() => undefined);
      timer = clock.setTimer(ackWaitMs / 3, extend);
    }
    return () => timer.cancel();
  }
}

/** Envelope of an item's bytes. @throws bad_encoding */
export function readEnvelope(data: Uint8Array): DurableEnvelope {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (error) {
    throw new WitanError('bad_encoding', 'The item is no durable message', {}, error);
  }
  const parsed = DurableEnvelope.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new WitanError('bad_encoding', 'The item is no durable message', { path });
}
