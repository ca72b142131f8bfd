/** What goes to a worker pool and comes back. */
import type { WitanError } from '../contracts/errors.ts';
import type { ActorRef } from '../runtime/kernel/ref.ts';

/** What a pool answers. */
export type PoolReply<R> =
  | { readonly type: 'done'; readonly value: R }
  /**
   * `overloaded` (queue full), `deadline_exceeded` (expired before it began), `crashed`, or what the task
   * threw.
   */
  | { readonly type: 'failed'; readonly error: WitanError };

/** Order for a pool. */
export interface PoolSubmit<T, R> {
  readonly type: 'submit';
  readonly task: T;
  /** Time left when sent, ms; work whose time ran out in the queue is dropped unstarted. */
  readonly budgetMs: number;
  /** Whose turn it takes (tenant); default one line for all. */
  readonly key?: string;
  readonly replyTo: ActorRef<PoolReply<R>>;
}

/** Figures of a pool. */
export interface PoolInfo {
  readonly size: number;
  readonly busyCount: number;
  readonly readyCount: number;
  readonly queuedCount: number;
  readonly restartCount: number;
}

/** What a pool takes. */
export type PoolMessage<T, R> =
  | PoolSubmit<T, R>
  | { readonly type: 'info'; readonly replyTo: ActorRef<PoolInfo> }
  | { readonly type: 'ready'; readonly index: number }
  | { readonly type: 'finished'; readonly index: number; readonly reply: PoolReply<R> };
