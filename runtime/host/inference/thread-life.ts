/** One life of a runner on a thread of its own. */
import type { Worker } from 'node:worker_threads';
import type { Device, LoadedModel } from '../../../agents/inference/model-runner.ts';
import type {
  BatchResult,
  LifeEnd,
  RunnerBatch,
  RunnerInfo,
  RunnerLife,
  StartLife,
} from '../../../agents/inference/pool/runner-life.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../kernel/clock.ts';
import { startThread } from '../../store/thread-entry.ts';
import { HangWatch, threadCpuMs } from '../evaluation/hang-watch.ts';
import { FINISHED, processMs, STARTED } from './thread-messages.ts';
import type { FromInferenceThread, InferenceWorkerData, RunRequest } from './thread-messages.ts';

/** What every thread is started with. */
export interface ThreadLifeOptions {
  readonly clock: Clock;
  /** Module of the thread's entry, without its ending, and the `import.meta.url` that it stands beside. */
  readonly entry: { readonly name: string; readonly beside: string };
  /** Processor time of one batch; one that uses more ends the thread. */
  readonly hangMs: number;
  /** Longest time until it is ready, probes and warm-up included. */
  readonly startMs: number;
}

/** A runaway runner ends its thread, not the process; weights outside the heap are not counted. */
const HEAP_MAX_MB = 512;

/** Lives on threads. */
export function threadLives(options: ThreadLifeOptions): StartLife {
  return (model, devices) => new ThreadLife(options, model, devices);
}

class ThreadLife implements RunnerLife {
  readonly ready: Promise<RunnerInfo>;
  readonly ended: Promise<LifeEnd>;
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  readonly #marks = new Int32Array(new SharedArrayBuffer(8));
  /** Given and not answered, oldest first. */
  readonly #held = new Map<number, (result: BatchResult) => void>();
  readonly #watch: HangWatch;
  readonly #startTimer: TimerHandle;
  #batch = 0;
  #cpuName: string | null = null;
  #width = 0;
  #probing: Device | undefined;
  #end: LifeEnd | undefined;
  #resolveReady!: (info: RunnerInfo) => void;
  #resolveEnded!: (end: LifeEnd) => void;

  constructor(options: ThreadLifeOptions, model: LoadedModel, devices: readonly Device[]) {
    const { clock, entry, hangMs, startMs } = options;
    this.ready = new Promise((resolve) => (this.#resolveReady = resolve));
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const marks = this.#marks.buffer as SharedArrayBuffer;
    const workerData: InferenceWorkerData = { model, devices, marks };
    this.#worker = startThread(entry.name, entry.beside, {
      workerData,
      name: 'witan-inference',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
      // The process's own output is its embedder's.
      stdout: true,
      stderr: true,
    });
    this.#worker.on('message', (message: FromInferenceThread) => this.#heard(message));
    // After the listener, which takes a reference: an idle thread must not keep a process alive.
    this.#worker.unref();
    this.#worker.on('error', (error) => this.#endWith(endedBy(`it crashed: ${error.message}`, error)));
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#endWith(endedBy(`it ended with code ${code}`));
        resolve();
      });
    });
    this.#startTimer = clock.setTimer(startMs, () =>
      this.#endWith(endedBy(`it was not ready within ${startMs} ms`)),
    );
    this.#watch = new HangWatch({
      clock,
      hangMs,
      cpuMs: () => threadCpuMs(this.#cpuName),
      current: () => this.#unanswered(),
      onHang: () => this.#endWith(endedBy(`a batch used more than ${hangMs} ms`)),
    });
  }

  run({ texts, budgetMs }: RunnerBatch): Promise<BatchResult> {
    if (this.#end)
      return Promise.resolve({ type: 'ended', error: this.#end.error, wasRunning: false } as const);
    const batch = (this.#batch += 1);
    const request: RunRequest = { batch, texts, untilMs: processMs() + budgetMs };
    return new Promise((resolve) => {
      this.#worker.postMessage(request);
      this.#held.set(batch, resolve);
      if (this.#held.size > 1) return;
      this.#worker.ref();
      this.#watch.start();
    });
  }

  async close(): Promise<void> {
    this.#endWith(new WitanError('stopped', 'the runner was closed'));
    await this.#gone;
  }

  #heard(message: FromInferenceThread): void {
    if (this.#end) return;
    switch (message.type) {
      case 'probing':
        this.#probing = message.device;
        return;
      case 'ready':
        return this.#isReady(message);
      case 'failed':
        return this.#endWith(new WitanError(message.code, message.message, { hasProbedAll: true }));
      case 'expired':
        return this.#settle(message.batch, { type: 'expired' });
      case 'rows':
        return this.#settle(message.batch, this.#resultOf(message));
    }
  }

  #isReady({ info, thread }: Extract<FromInferenceThread, { type: 'ready' }>): void {
    this.#startTimer.cancel();
    this.#probing = undefined;
    this.#cpuName = thread;
    this.#width = info.width;
    if (this.#held.size > 0) this.#watch.start();
    this.#resolveReady(info);
  }

  #resultOf({ values, faults, elapsedMs }: Extract<FromInferenceThread, { type: 'rows' }>): BatchResult {
    const width = this.#width;
    // Copies: one row that a caller keeps must not keep its whole batch.
    const rows = Array.from(
      { length: values.length / width },
      (_, at) => faults?.[at] ?? values.slice(at * width, (at + 1) * width),
    );
    return { type: 'rows', rows, elapsedMs };
  }

  #settle(batch: number, result: BatchResult): void {
    const resolve = this.#held.get(batch);
    this.#held.delete(batch);
    if (this.#held.size === 0) this.#worker.unref();
    resolve?.(result);
  }

  /** The oldest batch, unless its answer is on the way: then this side is the slow one. */
  #unanswered(): number | undefined {
    // What lies there before it is ready is not being worked on; the start has a limit of its own.
    if (this.#width === 0) return undefined;
    const finished = Atomics.load(this.#marks, FINISHED);
    for (const batch of this.#held.keys()) if (batch > finished) return batch;
    return undefined;
  }

  #endWith(error: WitanError): void {
    if (this.#end) return;
    this.#end = { error, probing: this.#probing };
    this.#startTimer.cancel();
    this.#watch.stop();
    void this.#worker.terminate();
    const started = Atomics.load(this.#marks, STARTED);
    const isWorking = started > Atomics.load(this.#marks, FINISHED);
    for (const [batch, resolve] of this.#held)
      resolve({ type: 'ended', error, wasRunning: isWorking && batch === started });
    this.#held.clear();
    this.#resolveEnded(this.#end);
  }
}

function endedBy(how: string, cause?: unknown): WitanError {
  return new WitanError('unavailable', `a thread of a model has ended: ${how}`, {}, cause);
}
