/** Decisions that wait for a node: kept durably, bounded, sent in order, each with its idempotency key. */
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';
import type { WireAnswer } from './wire.ts';

/** A decision that waits; its request carries the key that makes it one decision however often it is sent. */
export interface QueuedDecision {
  readonly idempotencyKey: string;
  readonly request: DecisionRequest;
}

/** Where waiting decisions are kept. A resolved write must outlive the process if the queue is to. */
export interface QueueStore {
  /** Everything kept, oldest first. */
  load(): Promise<readonly QueuedDecision[]>;
  append(queued: QueuedDecision): Promise<void>;
  remove(idempotencyKey: string): Promise<void>;
  close(): Promise<void>;
}

/** How a waiting decision ended. */
export type QueueOutcome =
  | { readonly idempotencyKey: string; readonly answer: WireAnswer<'decision.evaluate'> }
  | { readonly idempotencyKey: string; readonly error: WitanError };

/** Settings of a queue. */
export interface QueueOptions {
  readonly store: QueueStore;
  /** Decisions that may wait (default 1,000); one more is `overloaded`. */
  readonly maxCount?: number;
  /** Told of each decision that left the queue. */
  onSettled?(outcome: QueueOutcome): void;
}

/** Sends one decision. @throws WitanError */
export type SendDecision = (queued: QueuedDecision) => Promise<WireAnswer<'decision.evaluate'>>;

/** Keeps decisions in memory alone: they are gone with the process. */
export function memoryQueueStore(): QueueStore {
  const kept = new Map<string, QueuedDecision>();
  return {
    load: async () => [...kept.values()],
    append: async (queued) => void kept.set(queued.idempotencyKey, queued),
    remove: async (idempotencyKey) => void kept.delete(idempotencyKey),
    close: async () => undefined,
  };
}

/** The part of the Web Storage interface that {@link webQueueStore} uses. */
export interface WebStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** Keeps decisions in a browser's `localStorage` under one name. */
export function webQueueStore(storage: WebStorage, name = 'witan-queue'): QueueStore {
  const read = (): QueuedDecision[] => JSON.parse(storage.getItem(name) ?? '[]') as QueuedDecision[];
  const write = (kept: readonly QueuedDecision[]): void => storage.setItem(name, JSON.stringify(kept));
  return {
    load: async () => read(),
    append: async (queued) => write([...read(), queued]),
    remove: async (idempotencyKey) => write(read().filter((one) => one.idempotencyKey !== idempotencyKey)),
    close: async () => undefined,
  };
}

/** A queue; nothing is sent until {@link OfflineQueue.flush}. */
export class OfflineQueue {
  readonly #options: QueueOptions;
  readonly #send: SendDecision;
  readonly #waiting: Promise<QueuedDecision[]>;
  #flushing: Promise<number> | undefined;

  constructor(options: QueueOptions, send: SendDecision) {
    this.#options = options;
    this.#send = send;
    this.#waiting = options.store.load().then((kept) => [...kept]);
    // Whoever uses the queue gets the failure.
    this.#waiting.catch(() => undefined);
  }

  /** Decisions that wait. */
  async size(): Promise<number> {
    return (await this.#waiting).length;
  }

  /** Keeps a decision; resolves when it is durable. The same key twice is kept once. @throws overloaded */
  async add(queued: QueuedDecision): Promise<void> {
    const waiting = await this.#waiting;
    if (waiting.some((one) => one.idempotencyKey === queued.idempotencyKey)) return;
    const maxCount = this.#options.maxCount ?? 1_000;
    if (waiting.length >= maxCount) {
      throw new WitanError('overloaded', 'the offline queue is full', { expected: `at most ${maxCount}` });
    }
    waiting.push(queued);
    try {
      await this.#options.store.append(queued);
    } catch (error) {
      waiting.splice(waiting.indexOf(queued), 1);
      throw new WitanError('storage_failed', 'the decision could not be kept', {}, error);
    }
  }

  /**
   * Sends what waits, oldest first, until it is empty or the node is not to be had; joins a flush under way.
   * A decision leaves the queue when the node took it or refused it for good. Gives the number that left.
   */
  flush(): Promise<number> {
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async close(): Promise<void> {
    await this.#flushing?.catch(() => undefined);
    await this.#options.store.close();
  }

  async #flush(): Promise<number> {
    const waiting = await this.#waiting;
    let leftCount = 0;
    for (let next = waiting[0]; next; next = waiting[0]) {
      const outcome = await this.#settle(next);
      if (!outcome) return leftCount;
      await this.#options.store.remove(next.idempotencyKey);
      waiting.shift();
      leftCount += 1;
      this.#options.onSettled?.(outcome);
    }
    return leftCount;
  }

  /** Undefined: the node could not be asked, so that it and everything behind it waits on. */
  async #settle(queued: QueuedDecision): Promise<QueueOutcome | undefined> {
    const { idempotencyKey } = queued;
    try {
      return { idempotencyKey, answer: await this.#send(queued) };
    } catch (thrown) {
      const error = toWitanError(thrown);
      // Who we are can be put right, and a call that was given up has not been refused.
      const mayPass =
        error.retryable || ['cancelled', 'unauthenticated', 'quota_exceeded'].includes(error.code);
      return mayPass ? undefined : { idempotencyKey, error };
    }
  }
}
