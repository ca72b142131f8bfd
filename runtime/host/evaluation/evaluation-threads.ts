/** The threads of evaluators of one node: who does what, what waits, and what starts anew. */
import { WitanError } from '../../../contracts/errors.ts';
import { Backoff } from '../../../supervisors/backoff.ts';
import type { BackoffOptions } from '../../../supervisors/backoff.ts';
import type { Random, TimerHandle } from '../../kernel/clock.ts';
import type { EvaluationJob } from './evaluation-job.ts';
import { EvaluationThread } from './evaluation-thread.ts';
import type { ThreadEnd, ThreadListener, ThreadOptions } from './evaluation-thread.ts';

/** Settings of a node's threads. */
export interface EvaluationThreadsOptions extends ThreadOptions {
  readonly threadCount: number;
  readonly random: Random;
  readonly backoff?: BackoffOptions;
  /** Jobs that may wait or be worked on (default 1,024); one more is refused. */
  readonly jobMaxCount?: number;
  /** Told when a thread ended that was not to end. */
  readonly onEnd?: (end: ThreadEnd) => void;
}

/** Figures of the threads. */
export interface EvaluationInfo {
  readonly threadCount: number;
  /** Threads that live and are ready, or will be. */
  readonly liveCount: number;
  readonly waitingCount: number;
  readonly workingCount: number;
  readonly restartCount: number;
}

const JOB_MAX_COUNT = 1_024;
const RETRY_AFTER_MS = 100;

/**
 * Gives jobs to threads, oldest first, to the one that holds the fewest.
 *
 * A thread that ends takes one job with it, the one that it was working on; what it held besides goes back to
 * the head of the line and to the next thread.
 */
export class EvaluationThreads implements ThreadListener {
  readonly #options: EvaluationThreadsOptions;
  readonly #threads = new Set<EvaluationThread>();
  readonly #ending = new Set<Promise<void>>();
  readonly #restarts = new Set<TimerHandle>();
  readonly #backoff: Backoff;
  readonly #firstLives = new Set<EvaluationThread>();
  #whenStarted: (() => void)[] = [];
  #queue: EvaluationJob[] = [];
  #restartCount = 0;
  #isOpen = false;

  constructor(options: EvaluationThreadsOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random, options.backoff);
  }

  /** Starts the threads; does nothing where they run. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (let count = 0; count < this.#options.threadCount; count += 1) this.#start(true);
  }

  /** Resolves when every thread has been ready, or has ended, once since they were opened. */
  started(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#firstLives.size === 0) resolve();
      else this.#whenStarted.push(resolve);
    });
  }

  /** Ends the threads; what waits fails with `stopped`. Idempotent; they may be opened again. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const restart of this.#restarts) restart.cancel();
    this.#restarts.clear();
    const stopped = new WitanError('stopped', 'the evaluators of this node have stopped');
    for (const thread of this.#threads) void thread.kill(stopped);
    for (const job of this.#queue.splice(0)) job.fail(stopped);
    await Promise.all(this.#ending);
  }

  /** Takes a job; it settles when its answer is there, or fails. */
  submit(job: EvaluationJob): void {
    if (!this.#isOpen) return job.fail(new WitanError('unavailable', 'the evaluators do not run'));
    const free = this.#freest();
    if (free && this.#queue.length === 0) return free.give(job);
    if (this.#isFull()) this.#dropExpired();
    if (this.#isFull()) {
      const waiting = `${this.#queue.length} inputs wait for evaluators`;
      return job.fail(new WitanError('overloaded', waiting, { retryAfterMs: RETRY_AFTER_MS }));
    }
    this.#queue.push(job);
    this.#next();
  }

  /** Figures of this moment. */
  info(): EvaluationInfo {
    let workingCount = 0;
    for (const { heldCount } of this.#threads) workingCount += heldCount;
    return {
      threadCount: this.#options.threadCount,
      liveCount: this.#threads.size,
      waitingCount: this.#queue.length,
      workingCount,
      restartCount: this.#restartCount,
    };
  }

  onFree(thread: EvaluationThread): void {
    if (this.#firstLives.size > 0) this.#hasStarted(thread);
    this.#next();
  }

  onEnd(thread: EvaluationThread, end: ThreadEnd): void {
    this.#threads.delete(thread);
    this.#hasStarted(thread);
    const gone = thread.gone.finally(() => this.#ending.delete(gone));
    this.#ending.add(gone);
    const { error, culprit, rest } = end;
    if (!this.#isOpen) {
      culprit?.fail(error);
      for (const job of rest) job.fail(error);
      return;
    }
    culprit?.poison(error);
    this.#queue = [...rest, ...this.#queue];
    this.#restartCount += 1;
    // An input that ends a thread says nothing against the next one; a thread that ends by itself does.
    if (culprit) this.#start(false);
    else this.#startLater();
    this.#options.onEnd?.(end);
    this.#next();
  }

  #start(isFirst: boolean): void {
    const thread = new EvaluationThread(this.#options, this);
    this.#threads.add(thread);
    if (isFirst) this.#firstLives.add(thread);
  }

  #hasStarted(thread: EvaluationThread): void {
    if (!this.#firstLives.delete(thread) || this.#firstLives.size > 0) return;
    for (const resolve of this.#whenStarted.splice(0)) resolve();
  }

  #startLater(): void {
    const { clock } = this.#options;
    const restart = clock.setTimer(this.#backoff.next(clock.monotonicMs()), () => {
      this.#restarts.delete(restart);
      this.#start(false);
    });
    this.#restarts.add(restart);
  }

  #next(): void {
    while (this.#queue.length > 0) {
      const free = this.#freest();
      if (!free) return;
      const job = this.#queue.shift()!;
      if (this.#isExpired(job)) job.expire();
      else free.give(job);
    }
  }

  #freest(): EvaluationThread | undefined {
    let freest: EvaluationThread | undefined;
    for (const thread of this.#threads) {
      if (thread.isFree && !(freest && freest.heldCount <= thread.heldCount)) freest = thread;
    }
    return freest;
  }

  #isFull(): boolean {
    return this.#queue.length >= (this.#options.jobMaxCount ?? JOB_MAX_COUNT);
  }

  #dropExpired(): void {
    const expired = this.#queue.filter((job) => this.#isExpired(job));
    this.#queue = this.#queue.filter((job) => !expired.includes(job));
    for (const job of expired) job.expire();
  }

  #isExpired(job: EvaluationJob): boolean {
    return job.deadlineMs <= this.#options.clock.monotonicMs();
  }
}
