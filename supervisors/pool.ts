/** Worker pools: a maximum of tasks at once, a bounded fair queue, crashed workers restarted. */
import { WitanError } from '../contracts/errors.ts';
import type { ActorContext, ActorOptions, Behavior, Budget } from '../runtime/kernel/actor.ts';
import { createBudget } from '../runtime/kernel/budget.ts';
import type { ActorRef, AnyRef } from '../runtime/kernel/ref.ts';
import { spawn } from '../runtime/kernel/index.ts';
import type { BackoffOptions } from './backoff.ts';
import { actorChild } from './child-spec.ts';
import type { ActorChild, ChildSpec, RestartIntensity } from './child-spec.ts';
import type { PoolMessage, PoolReply } from './pool-message.ts';
import { PoolState } from './pool-state.ts';
import type { PoolTask, WorkerMessage } from './pool-state.ts';
import { RestartRecord } from './restart-record.ts';

/** Settings of one pool; `run` does one task at a time per worker. */
export interface PoolOptions<T, R, W> {
  /** Workers, and so tasks at once. */
  readonly size: number;
  /** Tasks that may wait (default 1,000); one more is refused with `overloaded`. */
  readonly queueCapacity?: number;
  /** Makes what one worker owns (a session, a connection), at its start and after each crash. */
  readonly makeWorker: (index: number) => W | Promise<W>;
  /** Frees what a worker owns when it ends or before it is made anew. */
  readonly freeWorker?: (worker: W) => void | Promise<void>;
  /**
   * Does one task. A thrown WitanError is the task's answer; anything else is a crash of the worker, which
   * fails this task with `crashed` and no other.
   */
  readonly run: (worker: W, task: T, budget: Budget) => R | Promise<R>;
  readonly intensity?: RestartIntensity;
  readonly backoff?: BackoffOptions;
}

interface WorkerState<W> {
  readonly worker: W;
}

/**
 * Spec of a pool for a supervisor; its workers are its children `worker-0`, `worker-1`, ….
 *
 * A worker that crashes is reset after a back-off while the queue waits for the others; one that crashes more
 * often than `intensity` allows is escalated, and the pool's own restart then fails what is queued with
 * `crashed`.
 */
export function poolChild<T, R, W>(spec: PoolOptions<T, R, W> & Omit<ChildSpec, 'start'>): ChildSpec {
  return { ...spec, start: (parent) => spawnPool(parent, spec.id, spec) };
}

/** Spawns a pool below `parent`. */
export function spawnPool<T, R, W>(
  parent: AnyRef,
  name: string,
  options: PoolOptions<T, R, W>,
): ActorRef<PoolMessage<T, R>> {
  if (!(options.size >= 1)) throw new TypeError('a pool needs at least one worker');
  let current: PoolState<T, R> | undefined;
  const behavior: Behavior<PoolState<T, R>, PoolMessage<T, R>> = (pool, message, ctx) => {
    handle(pool, message, ctx);
    return pool;
  };
  const actorOptions: ActorOptions<PoolState<T, R>, PoolMessage<T, R>> = {
    behaviorName: 'pool',
    // Workers report through the same mailbox as submitters: their slots must not be taken by a flood of
    // work.
    mailbox: {
      capacity: (options.queueCapacity ?? 1_000) + 1_024,
      reserved: options.size * 2,
      isReserved: (message) => message.type === 'finished' || message.type === 'ready',
    },
    initialStateFunc: (ctx) => {
      current?.failAll(new WitanError('crashed', `the pool ${ctx.path} was restarted`));
      current = new PoolState(options.queueCapacity ?? 1_000, ctx.system.clock);
      const state = current;
      for (let index = 0; index < options.size; index++) {
        const record = new RestartRecord(options, ctx.system.random);
        const ref = actorChild(workerSpec(options, { index, pool: ctx.self })).start(ctx.self);
        state.workers.push({
          ref: ref as ActorRef<WorkerMessage<T>>,
          record,
          task: undefined,
          isReady: false,
        });
        ctx.watch(ref);
      }
      return current;
    },
    afterStop: (pool, ctx) => pool.failAll(new WitanError('stopped', `the pool ${ctx.path} has stopped`)),
    onSignal: (pool, signal) => {
      if (signal.kind !== 'terminated') return pool;
      // Watches outlive a reset of the pool: the ends of the former workers are told to the new incarnation.
      if (!pool.workers.some((worker) => worker.ref === signal.ref)) return pool;
      // Workers live as long as the pool; one that is gone for good makes the pool start anew.
      throw new WitanError('crashed', `${signal.ref.name} has ended`);
    },
    onCrash: (_message, error, ctx, child) => {
      const slot = child && current?.workers.find((worker) => worker.ref === child);
      if (!slot) return 'escalate';
      current!.crashed(slot, error);
      const delayMs = slot.record.grant(ctx.system.clock.monotonicMs());
      return delayMs === undefined ? 'escalate' : { directive: 'reset-child', delayMs };
    },
  };
  return spawn(parent, behavior, name, actorOptions);
}

function handle<T, R>(
  pool: PoolState<T, R>,
  message: PoolMessage<T, R>,
  ctx: ActorContext<PoolMessage<T, R>>,
): void {
  switch (message.type) {
    case 'submit': {
      const deadlineMs = ctx.system.clock.monotonicMs() + message.budgetMs;
      const task: PoolTask<T, R> = { task: message.task, deadlineMs, replyTo: message.replyTo };
      return pool.submit(message.key ?? '', task);
    }
    case 'info':
      return message.replyTo.tell(pool.info());
    case 'ready':
      return pool.ready(message.index);
    case 'finished':
      return pool.finished(message.index, message.reply);
  }
}

function workerSpec<T, R, W>(
  options: PoolOptions<T, R, W>,
  { index, pool }: { index: number; pool: ActorRef<PoolMessage<T, R>> },
): ActorChild<WorkerState<W>, WorkerMessage<T>> {
  const behavior: Behavior<WorkerState<W>, WorkerMessage<T>> = (state, message, ctx) => {
    const budget = createBudget(ctx.system.clock, message.budgetMs);
    const finish = (reply: PoolReply<R>): WorkerState<W> => {
      budget.release();
      pool.tell({ type: 'finished', index, reply });
      return state;
    };
    const fail = (error: unknown): WorkerState<W> => {
      budget.release();
      if (!(error instanceof WitanError)) throw error;
      return finish({ type: 'failed', error });
    };
    try {
      const value = options.run(state.worker, message.task, budget);
      if (!(value instanceof Promise)) return finish({ type: 'done', value });
      return (value as Promise<R>).then((done) => finish({ type: 'done', value: done }), fail);
    } catch (error) {
      return fail(error);
    }
  };
  // A reset does not call `afterStop`, so the worker of the crashed incarnation is freed before the next is
  // made.
  let owned: W | undefined;
  const free = async (): Promise<void> => {
    const gone = owned;
    owned = undefined;
    if (gone !== undefined) await options.freeWorker?.(gone);
  };
  return {
    id: `worker-${index}`,
    behavior,
    options: {
      behaviorName: 'pool-worker',
      initialStateFunc: async (ctx) => {
        await free().catch((error: unknown) =>
          ctx.log.warn('worker was not freed', { error: String(error) }),
        );
        const worker = (owned = await options.makeWorker(index));
        pool.tell({ type: 'ready', index });
        return { worker };
      },
      afterStop: free,
    },
  };
}
