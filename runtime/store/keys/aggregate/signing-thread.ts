/** One thread that signs aggregates: one job at a time, and none that takes for ever. */
import type { Worker } from 'node:worker_threads';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ErrorCode } from '../../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../kernel/clock.ts';
import { startThread } from '../../thread-entry.ts';
import type { LoadedKey, SigningAnswer, SigningJob } from './signing-jobs.ts';

/** A job before it has its number; `load` is asked for when its turn comes. */
export interface SigningWork {
  readonly sign: SigningJob['sign'];
  /** Keys that it needs, in any order. */
  readonly keys: readonly LoadedKey[];
  /** Aborted: nobody waits for it any more, and it is dropped unless it is being worked on. */
  readonly signal?: AbortSignal | undefined;
}

type Done = Extract<SigningAnswer, { type: 'done' }>;

interface Waiting {
  readonly work: SigningWork;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: WitanError) => void;
}

type Current = Waiting & { readonly job: SigningJob };

/** Decisions that may wait for their aggregate; the next goes on the record without one. */
const QUEUE_MAX_COUNT = 64;
/** Longest time of one job, the start of the thread and its self-test included, ms. */
const JOB_MS = 30_000;

/** Starts its thread with the first job. */
export class SigningThread {
  readonly #clock: Clock;
  readonly #queue: Waiting[] = [];
  readonly #loaded = new Set<string>();
  #worker: Worker | undefined;
  #current: Current | undefined;
  #timer: TimerHandle | undefined;
  #request = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws overloaded, cancelled, unavailable, stopped, and what the job itself was refused with */
  run(work: SigningWork): Promise<Done> {
    if (this.#isClosed) return Promise.reject(new WitanError('stopped', 'the node stops'));
    if (this.#queue.length >= QUEUE_MAX_COUNT) {
      const message = `${this.#queue.length} aggregates wait already`;
      return Promise.reject(new WitanError('overloaded', message));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      this.#next();
    });
  }

  /** Ends the thread; what waits fails with `stopped`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const stopped = new WitanError('stopped', 'the node stops');
    for (const { reject } of this.#queue.splice(0)) reject(stopped);
    await this.#end(stopped);
  }

  #next(): void {
    if (this.#current || this.#isClosed) return;
    const waiting = this.#queue.shift();
    if (!waiting) return;
    const { sign, keys, signal } = waiting.work;
    if (signal?.aborted) {
      waiting.reject(new WitanError('cancelled', 'nobody waits for this aggregate any more'));
      this.#next();
      return;
    }
    this.#worker ??= this.#start();
    const load = keys.filter(({ keyId, half }) => half === null || !this.#loaded.has(keyId));
    const job = { request: (this.#request += 1), load, sign };
    this.#current = { ...waiting, job };
    this.#timer = this.#clock.setTimer(JOB_MS, () => {
      void this.#end(new WitanError('deadline_exceeded', 'signing an aggregate takes too long'));
    });
    this.#worker.postMessage(job);
  }

  #start(): Worker {
    this.#loaded.clear();
    const worker = startThread('signing-worker', import.meta.url, {
      workerData: {},
      name: 'witan-aggregates',
      // The process's own output is its embedder's.
      stdout: true,
      stderr: true,
    });
    worker.on('message', (answer: SigningAnswer) => this.#answered(answer));
    worker.unref();
    const ended = (cause?: unknown): void => {
      if (this.#worker !== worker) return;
      void this.#end(new WitanError('unavailable', 'the thread of aggregates ended', {}, cause));
    };
    worker.on('error', ended);
    worker.on('exit', () => ended());
    return worker;
  }

  #answered(answer: SigningAnswer): void {
    if (this.#current?.job.request !== answer.request) return;
    const { job, resolve, reject } = this.#take();
    if (answer.type === 'refused') reject(new WitanError(answer.code as ErrorCode, answer.message));
    else {
      for (const { keyId } of job.load) this.#loaded.add(keyId);
      resolve(answer);
    }
    this.#next();
  }

  #take(): Current {
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
