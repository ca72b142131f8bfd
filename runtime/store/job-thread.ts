/** One thread with a queue before it: one job at a time, none that takes for ever, and none that ends the node. */
import type { Worker } from 'node:worker_threads';
import { WitanError } from '../../contracts/errors.ts';
import type { ErrorCode, ErrorDetails } from '../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../kernel/clock.ts';

/** What every thread of jobs answers when it does not do one. */
export interface RefusedJob {
  readonly request: number;
  readonly type: 'refused';
  readonly code: string;
  readonly message: string;
  readonly details?: ErrorDetails;
}

interface Numbered {
  readonly request: number;
}

/** Settings of a {@link JobThread}. */
export interface JobThreadOptions<Work, Job extends Numbered, Answer extends Numbered> {
  readonly clock: Clock;
  /** What is worked on, in the plural, for people. */
  readonly things: string;
  /** Jobs that may wait; one more is refused. */
  readonly queueMaxCount: number;
  /** Time after which a refused one may come back, ms; absent: it need not. */
  readonly retryAfterMs?: number;
  /** Longest time of one job, the start of the thread included, ms. */
  readonly jobMs: number;
  /** Error of a job that took longer. */
  late(): WitanError;
  /** Starts the thread, with the first job and with the next one after its end. */
  start(): Worker;
  /** The message for the thread; made when the turn of the work has come and the thread is there. */
  jobOf(work: Work, request: number): Job;
  /** Told of each job that was done, before the next is made. */
  onDone?(job: Job, answer: Answer): void;
}

interface Waiting<Work, Answer> {
  readonly work: Work;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WitanError) => void;
}

interface Current<Job, Answer> {
  readonly job: Job;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WitanError) => void;
}

/** See the head of this file; `Answer` is what a job that is done is answered with. */
export class JobThread<Work, Job extends Numbered, Answer extends Numbered & { readonly type: string }> {
  readonly #options: JobThreadOptions<Work, Job, Answer>;
  readonly #queue: Waiting<Work, Answer>[] = [];
  #worker: Worker | undefined;
  #current: Current<Job, Answer> | undefined;
  #timer: TimerHandle | undefined;
  #request = 0;
  #isClosed = false;

  constructor(options: JobThreadOptions<Work, Job, Answer>) {
    this.#options = options;
  }

  /**
   * Does one piece of work.
   * @param signal aborted: nobody waits for it any more, and it is dropped unless it is being worked on
   * @throws overloaded, cancelled, unavailable, stopped, what `late` gives, and what the thread refuses with
   */
  run(work: Work, signal?: AbortSignal): Promise<Answer> {
    const { things, queueMaxCount, retryAfterMs } = this.#options;
    if (this.#isClosed) return Promise.reject(stopped());
    if (this.#queue.length >= queueMaxCount) {
      const details = retryAfterMs === undefined ? {} : { retryAfterMs };
      const message = `${this.#queue.length} ${things} wait already`;
      return Promise.reject(new WitanError('overloaded', message, details));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ work, signal, resolve, reject });
      this.#next();
    });
  }

  /** Ends the thread; what waits fails with `stopped`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(stopped());
    await this.#end(stopped());
  }

  #next(): void {
    if (this.#current || this.#isClosed) return;
    const waiting = this.#queue.shift();
    if (!waiting) return;
    const { work, signal, resolve, reject } = waiting;
    if (signal?.aborted) {
      reject(new WitanError('cancelled', 'nobody waits for it any more'));
      this.#next();
      return;
    }
    this.#worker ??= this.#start();
    const { clock, jobMs, late, jobOf } = this.#options;
    const job = jobOf(work, (this.#request += 1));
    this.#current = { job, resolve, reject };
    this.#timer = clock.setTimer(jobMs, () => void this.#end(late()));
    this.#worker.postMessage(job);
  }

  #start(): Worker {
    const worker = this.#options.start();
    worker.on('message', (answer: Answer | RefusedJob) => this.#answered(answer));
    worker.unref();
    const ended = (cause?: unknown): void => {
      if (this.#worker !== worker) return;
      const message = `the thread of ${this.#options.things} ended`;
      void this.#end(new WitanError('unavailable', message, {}, cause));
    };
    worker.on('error', ended);
    worker.on('exit', () => ended());
    return worker;
  }

  #answered(answer: Answer | RefusedJob): void {
    if (this.#current?.job.request !== answer.request) return;
    const { job, resolve, reject } = this.#take();
    if (isRefused(answer)) reject(new WitanError(answer.code as ErrorCode, answer.message, answer.details));
    else {
      this.#options.onDone?.(job, answer);
      resolve(answer);
    }
    this.#next();
  }

  #take(): Current<Job, Answer> {
    this.#timer?.cancel();
    const current = this.#current!;
    this.#current = undefined;
    return current;
  }

  async #end(error: WitanError): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (this.#current) this.#take().reject(error);
    await worker?.terminate();
    this.#next();
  }
}

function isRefused(answer: { readonly type: string }): answer is RefusedJob {
  return answer.type === 'refused';
}

function stopped(): WitanError {
  return new WitanError('stopped', 'the node stops');
}
