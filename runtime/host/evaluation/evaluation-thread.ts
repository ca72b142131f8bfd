/** One life of a thread of evaluators: a few requests at a time, and which of them it is working on. */
import type { Worker } from 'node:worker_threads';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../kernel/clock.ts';
import { freezeDeep } from '../../kernel/frozen.ts';
import { startThread } from '../../store/thread-entry.ts';
import type { EvaluationJob } from './evaluation-job.ts';
import { HangWatch, threadCpuMs } from './hang-watch.ts';
import { OftenReceived } from './often-said.ts';
import { FINISHED, processMs, STARTED } from './thread-messages.ts';
import type {
  EvaluateRequest,
  EvaluationWorkerData,
  FromEvaluationThread,
  ScreenPatterns,
} from './thread-messages.ts';

/** What every life of a thread is started with. */
export interface ThreadOptions {
  readonly clock: Clock;
  /** Module of the thread's entry, without its ending, and the `import.meta.url` that it stands beside. */
  readonly entry: { readonly name: string; readonly beside: string };
  readonly seats: readonly string[];
  readonly screen: ScreenPatterns;
  /** Refs that the thread must say at its start: those of other code are another evaluator's. */
  readonly evaluators: readonly string[];
  /** Processor time of one request; one that uses more ends the thread. */
  readonly hangMs: number;
}

/** Who is told of a thread's life. */
export interface ThreadListener {
  /** It takes requests: at its start and after each answer. */
  onFree(thread: EvaluationThread): void;
  /** It is gone, or is being ended; told once. */
  onEnd(thread: EvaluationThread, end: ThreadEnd): void;
}

/** How a life ended. */
export interface ThreadEnd {
  readonly error: WitanError;
  /** The job that it was working on: the one that ended it. */
  readonly culprit: EvaluationJob | undefined;
  /** Jobs that it had been given besides, oldest first. */
  readonly rest: readonly EvaluationJob[];
}

/** Requests that it holds: enough that it never waits for the next, few enough that none waits for long. */
const HELD_MAX_COUNT = 4;
/** Longest time until it is ready. */
const START_MS = 30_000;
/** A runaway detector ends its thread, not the process. */
const HEAP_MAX_MB = 512;

/** A thread from its start to its end. */
export class EvaluationThread {
  /** Resolves when the thread is gone; never rejects. */
  readonly gone: Promise<void>;
  readonly #options: ThreadOptions;
  readonly #listener: ThreadListener;
  readonly #worker: Worker;
  readonly #marks = new Int32Array(new SharedArrayBuffer(8));
  readonly #often = new OftenReceived();
  /** Given and not answered, oldest first. */
  readonly #held: { readonly request: number; readonly job: EvaluationJob }[] = [];
  #request = 0;
  #isReady = false;
  #hasEnded = false;
  #cpuName: string | null = null;
  readonly #watch: HangWatch;
  #startTimer: TimerHandle | undefined;

  constructor(options: ThreadOptions, listener: ThreadListener) {
    this.#options = options;
    this.#listener = listener;
    const { clock, entry, seats, screen, hangMs } = options;
    const marks = this.#marks.buffer as SharedArrayBuffer;
    const workerData: EvaluationWorkerData = { seats, screen, marks };
    this.#worker = startThread(entry.name, entry.beside, {
      workerData,
      name: 'witan-evaluation',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
      // The process's own output is its embedder's.
      stdout: true,
      stderr: true,
    });
    this.#worker.on('message', (message: FromEvaluationThread) => this.#heard(message));
    // After the listener, which takes a reference: a process that waits for nothing else must not be kept
    // alive by a thread that has nothing to do.
    this.#worker.unref();
    this.#worker.on('error', (error) => this.#end(ended(`it crashed: ${error.message}`, error)));
    this.gone = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#end(ended(`it ended with code ${code}`));
        resolve();
      });
    });
    this.#startTimer = clock.setTimer(START_MS, () => {
      this.#end(ended(`it was not ready within ${START_MS} ms`));
    });
    this.#watch = new HangWatch({
      clock,
      hangMs,
      cpuMs: () => threadCpuMs(this.#cpuName),
      current: () => this.#unanswered(),
      onHang: () => this.#end(new WitanError('deadline_exceeded', `evaluators used more than ${hangMs} ms`)),
    });
  }

  /** Requests that it holds. */
  get heldCount(): number {
    return this.#held.length;
  }

  /** Whether it takes another request. */
  get isFree(): boolean {
    return this.#isReady && !this.#hasEnded && this.#held.length < HELD_MAX_COUNT;
  }

  /** Gives it a job; the caller has seen that it is free. */
  give(job: EvaluationJob): void {
    const request = (this.#request += 1);
    const nowMs = this.#options.clock.monotonicMs();
    const { decision, attested, peers } = job.input;
    const untilMs = processMs() + (job.deadlineMs - nowMs);
    const message: EvaluateRequest = { request, decision, attested, peers, untilMs };
    try {
      this.#worker.postMessage(message);
    } catch (error) {
      return job.poison(new WitanError('internal', 'the input cannot be sent to a thread', {}, error));
    }
    this.#held.push({ request, job });
    if (this.#held.length > 1) return;
    this.#worker.ref();
    this.#watch.start();
  }

  /** Ends it where it stands; what it holds is told to the listener. Idempotent. */
  async kill(error: WitanError): Promise<void> {
    this.#end(error);
    await this.gone;
  }

  #heard(message: FromEvaluationThread): void {
    if (this.#hasEnded) return;
    if (message.type === 'ready') return this.#ready(message);
    const at = this.#held.findIndex(({ request }) => request === message.request);
    if (at < 0) return;
    const [held] = this.#held.splice(at, 1);
    if (this.#held.length === 0) this.#worker.unref();
    if (message.type === 'expired') held!.job.expire();
    else {
      const evidence = message.evidence.map((sent) => freezeDeep(this.#often.whole(sent)));
      const { applicable, screen, elapsedMs } = message;
      held!.job.complete({ applicable, evidence, screen, elapsedMs });
    }
    this.#listener.onFree(this);
  }

  #ready({ evaluators, thread }: Extract<FromEvaluationThread, { type: 'ready' }>): void {
    this.#startTimer?.cancel();
    this.#cpuName = thread;
    if (evaluators.join() !== this.#options.evaluators.join()) {
      return this.#end(ended('its evaluators are not those of this node'));
    }
    this.#isReady = true;
    this.#listener.onFree(this);
  }

  /** The oldest request, unless its answer is on the way: then this side is the slow one. */
  #unanswered(): number | undefined {
    const finished = Atomics.load(this.#marks, FINISHED);
    return this.#held.find(({ request }) => request > finished)?.request;
  }

  #end(error: WitanError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#startTimer?.cancel();
    this.#watch.stop();
    void this.#worker.terminate();
    const started = Atomics.load(this.#marks, STARTED);
    const isWorking = started > Atomics.load(this.#marks, FINISHED);
    const culprit = isWorking ? this.#held.find(({ request }) => request === started)?.job : undefined;
    const rest = this.#held.map(({ job }) => job).filter((job) => job !== culprit);
    this.#held.length = 0;
    this.#listener.onEnd(this, { error, culprit, rest });
  }
}

function ended(how: string, cause?: unknown): WitanError {
  return new WitanError('unavailable', `a thread of evaluators has ended: ${how}`, {}, cause);
}
