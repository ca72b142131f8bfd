/** Port: durable work, handed to one worker at a time, acknowledged after handling. */

/** A piece of work that a worker holds; once the hold has ended its methods fail with `stale_writer`. */
export interface WorkItem {
  readonly id: string;
  readonly queue: string;
  readonly data: Uint8Array;
  /** 1 at the first delivery. */
  readonly deliveryCount: number;
  /** Removes the item. */
  ack(): Promise<void>;
  /** Gives it back, available again after `delayMs` (default 0). */
  nack(delayMs?: number): Promise<void>;
  /** Ends it as poison: moved to the dead letters of the queue. */
  reject(reason: string): Promise<void>;
  /** Extends the hold; long work calls it before `ackWaitMs` is over. */
  extend(): Promise<void>;
}

/** Settings of one queue. */
export interface WorkQueueOptions {
  /** Unacknowledged items come back after this time (default 30,000). */
  readonly ackWaitMs?: number;
  /** After this many deliveries an item is poison (default 5). */
  readonly maxDeliveries?: number;
  /** Items that may wait or be held; `put` past it is `overloaded` (default 10,000). */
  readonly capacity?: number;
}

/** A poison item. */
export interface PoisonItem {
  readonly id: string;
  readonly data: Uint8Array;
  readonly reason: string;
  readonly deliveryCount: number;
}

/** At-least-once queues; pull is the backpressure. */
export interface WorkQueuePort {
  declare(queue: string, options?: WorkQueueOptions): Promise<void>;
  /** The same `id` within the de-duplication window is accepted once. @throws overloaded, not_found */
  put(queue: string, data: Uint8Array, options: { id: string }): Promise<void>;
  /** Waits up to `waitMs` for one item; undefined when none came or `signal` aborted. */
  take(queue: string, options: { waitMs: number; signal?: AbortSignal }): Promise<WorkItem | undefined>;
  /** Items that wait or are held. */
  depth(queue: string): Promise<number>;
  poison(queue: string): Promise<PoisonItem[]>;
  /** Puts a poison item back as new. @throws not_found */
  replay(queue: string, id: string): Promise<void>;
  /** Removes a poison item for good. @throws not_found */
  drop(queue: string, id: string): Promise<void>;
  close(): Promise<void>;
}
