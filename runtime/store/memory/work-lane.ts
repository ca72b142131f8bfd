/** One queue of the in-process work queues. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../kernel/clock.ts';
import type { PoisonItem, WorkItem, WorkQueueOptions } from '../../kernel/ports/work-queue.ts';

interface Item {
  readonly id: string;
  readonly data: Uint8Array;
  deliveryCount: number;
  /** Runs while the item is held or delayed. */
  timer: TimerHandle | undefined;
  /** Number of the delivery that holds the item; 0 while nobody does. */
  holder: number;
}

interface Waiter {
  give(item: WorkItem | undefined): void;
}

// As JetStream's default duplicate window.
const DUPLICATE_WINDOW_MS = 120_000;
// Ids that are remembered for de-duplication; beyond it the oldest is forgotten.
const MAX_REMEMBERED_IDS = 100_000;

/**
 * First in, first out; an item is held by one taker at a time until it is acknowledged, given back or
 * poison.
 */
export class WorkLane {
  readonly #name: string;
  readonly #clock: Clock;
  #options: Required<WorkQueueOptions>;
  /** Every item that is not acknowledged and not poison. */
  readonly #items = new Map<string, Item>();
  readonly #ready = new Set<Item>();
  readonly #waiters = new Set<Waiter>();
  readonly #poison = new Map<string, PoisonItem>();
  readonly #acceptedAtMs = new Map<string, number>();
  #deliveries = 0;
  #isClosed = false;

  constructor(name: string, clock: Clock, options: WorkQueueOptions) {
    this.#name = name;
    this.#clock = clock;
    this.#options = withDefaults(options);
  }

  /** Items that wait or are held. */
  get depth(): number {
    return this.#items.size;
  }

  configure(options: WorkQueueOptions): void {
    this.#options = withDefaults(options);
  }

  put(id: string, data: Uint8Array): void {
    if (id === '') throw new WitanError('invalid_argument', 'an item needs an id', { path: 'id' });
    if (this.#isDuplicate(id)) return;
    if (this.#items.size >= this.#options.capacity) {
      throw new WitanError('overloaded', `the queue ${this.#name} holds ${this.#items.size} items`);
    }
    this.#remember(id);
    this.#add(id, data);
  }

  take(waitMs: number, signal: AbortSignal | undefined): Promise<WorkItem | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    const [ready] = this.#ready;
    if (ready) return Promise.resolve(this.#hold(ready));
    return new Promise((resolve) => {
      const give = (item: WorkItem | undefined): void => {
        this.#waiters.delete(waiter);
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        resolve(item);
      };
      const waiter: Waiter = { give };
      const onAbort = (): void => give(undefined);
      const timer = this.#clock.setTimer(waitMs, () => give(undefined));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  poisoned(): PoisonItem[] {
    return [...this.#poison.values()].map((item) => ({ ...item, data: item.data.slice() }));
  }

  replay(id: string): void {
    this.#add(id, this.#unearth(id).data);
  }

  drop(id: string): void {
    this.#unearth(id);
  }

  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.give(undefined);
    for (const item of this.#items.values()) item.timer?.cancel();
  }

  #add(id: string, data: Uint8Array): void {
    const item: Item = { id, data, deliveryCount: 0, timer: undefined, holder: 0 };
    this.#items.set(id, item);
    this.#offer(item);
  }

  #offer(item: Item): void {
    item.timer?.cancel();
    item.timer = undefined;
    item.holder = 0;
    const [waiter] = this.#waiters;
    if (waiter) waiter.give(this.#hold(item));
    else this.#ready.add(item);
  }

  #hold(item: Item): WorkItem {
    this.#ready.delete(item);
    item.deliveryCount += 1;
    item.holder = this.#deliveries += 1;
    this.#arm(item);
    const { holder, deliveryCount } = item;
    const whileHeld = async (task: () => void): Promise<void> => {
      if (this.#isClosed) throw new WitanError('unavailable', 'the work queue is closed');
      if (item.holder !== holder) throw new WitanError('stale_writer', `the hold on ${item.id} has ended`);
      task();
    };
    return {
      id: item.id,
      queue: this.#name,
      data: item.data.slice(),
      deliveryCount,
      ack: () => whileHeld(() => this.#remove(item)),
      nack: (delayMs = 0) => whileHeld(() => this.#giveBack(item, delayMs)),
      reject: (reason) => whileHeld(() => this.#bury(item, reason)),
      extend: () => whileHeld(() => this.#arm(item)),
    };
  }

  #arm(item: Item): void {
    item.timer?.cancel();
    item.timer = this.#clock.setTimer(this.#options.ackWaitMs, () => this.#giveBack(item, 0));
  }

  #giveBack(item: Item, delayMs: number): void {
    if (item.deliveryCount >= this.#options.maxDeliveries) {
      return this.#bury(item, `not acknowledged after ${item.deliveryCount} deliveries`);
    }
    if (delayMs <= 0) return this.#offer(item);
    item.holder = 0;
    item.timer?.cancel();
    item.timer = this.#clock.setTimer(delayMs, () => this.#offer(item));
  }

  #bury(item: Item, reason: string): void {
    this.#remove(item);
    const { id, data, deliveryCount } = item;
    this.#poison.set(id, { id, data, reason, deliveryCount });
    // Poison is kept for people; a flood of it must not fill the memory.
    if (this.#poison.size > this.#options.capacity) this.#poison.delete(this.#poison.keys().next().value!);
  }

  #unearth(id: string): PoisonItem {
    const item = this.#poison.get(id);
    if (!item) throw new WitanError('not_found', `there is no poison item ${id} in ${this.#name}`);
    this.#poison.delete(id);
    return item;
  }

  #remove(item: Item): void {
    item.timer?.cancel();
    item.holder = 0;
    this.#items.delete(item.id);
  }

  #isDuplicate(id: string): boolean {
    if (this.#items.has(id) || this.#poison.has(id)) return true;
    const acceptedAtMs = this.#acceptedAtMs.get(id);
    return acceptedAtMs !== undefined && this.#clock.monotonicMs() - acceptedAtMs < DUPLICATE_WINDOW_MS;
  }

  #remember(id: string): void {
    this.#acceptedAtMs.delete(id);
    this.#acceptedAtMs.set(id, this.#clock.monotonicMs());
    const oldestMs = this.#clock.monotonicMs() - DUPLICATE_WINDOW_MS;
    for (const [oldId, atMs] of this.#acceptedAtMs) {
      if (atMs > oldestMs && this.#acceptedAtMs.size <= MAX_REMEMBERED_IDS) break;
      this.#acceptedAtMs.delete(oldId);
    }
  }
}

function withDefaults(options: WorkQueueOptions): Required<WorkQueueOptions> {
  const { ackWaitMs = 30_000, maxDeliveries = 5, capacity = 10_000 } = options;
  return { ackWaitMs, maxDeliveries, capacity };
}
