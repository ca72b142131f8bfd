/** Queue and workers of one pool: who does what, and who is refused. */
import { WitanError } from '../contracts/errors.ts';
import type { Clock } from '../runtime/kernel/clock.ts';
import type { ActorRef } from '../runtime/kernel/ref.ts';
import { FairQueue } from './fair-queue.ts';
import type { PoolInfo, PoolReply } from './pool-message.ts';
import type { RestartRecord } from './restart-record.ts';

/** A task that waits or runs. */
export interface PoolTask<T, R> {
  readonly task: T;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  readonly replyTo: ActorRef<PoolReply<R>>;
}

/** Order for one worker. */
export interface WorkerMessage<T> {
  readonly task: T;
  readonly budgetMs: number;
}

/** One worker of a pool. */
export interface WorkerSlot<T, R> {
  readonly ref: ActorRef<WorkerMessage<T>>;
  readonly record: RestartRecord;
  task: PoolTask<T, R> | undefined;
  /** False while it is being made. */
  isReady: boolean;
}

// First guess of how long a task takes, until tasks were measured.
const INITIAL_TASK_MS = 100;

/** State of one incarnation of a pool's actor. */
export class PoolState<T, R> {
  readonly workers: WorkerSlot<T, R>[] = [];
  readonly #queue: FairQueue<PoolTask<T, R>>;
  readonly #clock: Clock;
  readonly #startedMs = new Map<PoolTask<T, R>, number>();
  #taskMs = INITIAL_TASK_MS;

  constructor(queueCapacity: number, clock: Clock) {
    this.#queue = new FairQueue(queueCapacity);
    this.#clock = clock;
  }

  /** Gives the task to a free worker, or queues or refuses it. */
  submit(key: string, task: PoolTask<T, R>): void {
    if (this.#isExpired(task)) return this.#expire(task);
    const free = this.workers.find((worker) => worker.isReady && !worker.task);
    if (free) return this.#give(free, task);
    if (this.#queue.isFull)
      this.#queue.sweep((waiting) => this.#isExpired(waiting)).forEach((gone) => this.#expire(gone));
    if (this.#queue.push(key, task)) return;
    const retryAfterMs = Math.ceil((this.#taskMs * (this.#queue.size + 1)) / this.workers.length);
    refuse(task, new WitanError('overloaded', `${this.#queue.size} tasks wait`, { retryAfterMs }));
  }

  /** A worker can take work: it was made, at the start or after a crash. */
  ready(index: number): void {
    const worker = this.workers[index]!;
    worker.isReady = true;
    this.#next(worker);
  }

  /** A worker has done its task. */
  finished(index: number, reply: PoolReply<R>): void {
    const worker = this.workers[index]!;
    const { task } = worker;
    // What a crashed incarnation still says is about a task that was answered already.
    if (!task) return;
    worker.task = undefined;
    this.#taskMs += (this.#clock.monotonicMs() - this.#startedMs.get(task)! - this.#taskMs) / 8;
    this.#startedMs.delete(task);
    task.replyTo.tell(reply);
    this.#next(worker);
  }

  /** A worker crashed: its own task fails, the queue waits. */
  crashed(worker: WorkerSlot<T, R>, error: unknown): void {
    worker.isReady = false;
    const { task } = worker;
    worker.task = undefined;
    if (!task) return;
    this.#startedMs.delete(task);
    const reason = error instanceof Error ? error.message : String(error);
    refuse(task, new WitanError('crashed', `${worker.ref.name} crashed`, { reason }));
  }

  /** Answers everything that waits or runs with `error`. */
  failAll(error: WitanError): void {
    const open = this.#queue.sweep(() => true);
    for (const worker of this.workers) if (worker.task) open.push(worker.task);
    for (const worker of this.workers) worker.task = undefined;
    for (const task of open) refuse(task, error);
  }

  info(): PoolInfo {
    return {
      size: this.workers.length,
      busyCount: this.workers.filter((worker) => worker.task).length,
      readyCount: this.workers.filter((worker) => worker.isReady).length,
      queuedCount: this.#queue.size,
      restartCount: this.workers.reduce((sum, worker) => sum + worker.record.restartCount, 0),
    };
  }

  #next(worker: WorkerSlot<T, R>): void {
    for (let task = this.#queue.shift(); task; task = this.#queue.shift()) {
      if (!this.#isExpired(task)) return this.#give(worker, task);
      this.#expire(task);
    }
  }

  #give(worker: WorkerSlot<T, R>, task: PoolTask<T, R>): void {
    const nowMs = this.#clock.monotonicMs();
    worker.task = task;
    this.#startedMs.set(task, nowMs);
    worker.ref.tell({ task: task.task, budgetMs: task.deadlineMs - nowMs });
  }

  #isExpired(task: PoolTask<T, R>): boolean {
    return task.deadlineMs <= this.#clock.monotonicMs();
  }

  #expire(task: PoolTask<T, R>): void {
    refuse(task, new WitanError('deadline_exceeded', 'the time was over before the task began'));
  }
}

function refuse<T, R>(task: PoolTask<T, R>, error: WitanError): void {
  task.replyTo.tell({ type: 'failed', error });
}
