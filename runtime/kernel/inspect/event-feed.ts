/** Fan-out of events to subscribers that may be slow, may throw, and are never waited for. */
import type { Scheduler } from '../system-clock.ts';

/** One subscriber's hold on a feed. */
export interface Subscription {
  /** Events this subscriber missed because it was too slow. */
  readonly droppedCount: number;
  /** Ends the subscription; what waits is not delivered any more. Idempotent. */
  close(): void;
}

/** Settings of one subscription. */
export interface SubscribeOptions {
  /** Events that may wait for this subscriber (default 1,024); the oldest goes when one more comes. */
  readonly capacity?: number;
}

const DEFAULT_CAPACITY = 1_024;
// Deliveries of one subscriber before others have a turn.
const BATCH_COUNT = 64;

/** Feed of events; emitting is O(subscribers) and runs no subscriber's code. */
export class EventFeed<E> {
  /** Whether anyone listens: what makes an event is skipped otherwise. */
  active = false;
  private readonly subscribers = new Set<Subscriber<E>>();
  private readonly scheduler: Scheduler;
  private readonly report: (error: unknown) => void;

  /** @param report Gets what a subscriber throws. */
  constructor(scheduler: Scheduler, report: (error: unknown) => void) {
    this.scheduler = scheduler;
    this.report = report;
  }

  /** Queues an event for every subscriber. */
  emit(event: E): void {
    for (const subscriber of this.subscribers) subscriber.offer(event);
  }

  /**
   * Adds a subscriber. One that gives a promise gets its next event after it settled; errors are reported.
   */
  subscribe(onEvent: (event: E) => void | Promise<void>, options: SubscribeOptions = {}): Subscription {
    const subscriber = new Subscriber<E>(onEvent, Math.max(1, options.capacity ?? DEFAULT_CAPACITY), {
      scheduler: this.scheduler,
      report: this.report,
      onClose: () => {
        this.subscribers.delete(subscriber);
        this.active = this.subscribers.size > 0;
      },
    });
    this.subscribers.add(subscriber);
    this.active = true;
    return subscriber;
  }
}

interface SubscriberParts {
  readonly scheduler: Scheduler;
  readonly report: (error: unknown) => void;
  readonly onClose: () => void;
}

class Subscriber<E> implements Subscription {
  droppedCount = 0;
  private readonly onEvent: (event: E) => void | Promise<void>;
  private readonly capacity: number;
  private readonly parts: SubscriberParts;
  private queue: E[] = [];
  private head = 0;
  private running = false;
  private closed = false;

  constructor(onEvent: (event: E) => void | Promise<void>, capacity: number, parts: SubscriberParts) {
    this.onEvent = onEvent;
    this.capacity = capacity;
    this.parts = parts;
  }

  offer(event: E): void {
    if (this.queue.length - this.head >= this.capacity) {
      this.head += 1;
      this.droppedCount += 1;
    }
    this.queue.push(event);
    if (this.head > this.capacity) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    if (this.running) return;
    this.running = true;
    this.parts.scheduler.soon(() => this.deliver());
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.queue = [];
    this.head = 0;
    this.parts.onClose();
  }

  private deliver(): void {
    for (let left = BATCH_COUNT; left > 0; left -= 1) {
      if (this.head >= this.queue.length) {
        this.queue.length = 0;
        this.head = 0;
        this.running = false;
        return;
      }
      const event = this.queue[this.head]!;
      this.head += 1;
      try {
        const result: unknown = this.onEvent(event);
        if (result instanceof Promise) {
          result.catch(this.parts.report).finally(() => this.later());
          return;
        }
      } catch (error) {
        this.parts.report(error);
      }
    }
    this.later();
  }

  private later(): void {
    this.parts.scheduler.later(() => this.deliver());
  }
}
