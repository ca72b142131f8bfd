/** One thread for images: an image that takes too long or too much ends the thread, never the node. */
import type { Worker } from 'node:worker_threads';
import type { ImageLimits } from '../../../../agents/platform/proof/watermark/image-file.ts';
import type { ImageMark } from '../../../../agents/platform/proof/watermark/image-mark.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ErrorCode } from '../../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../kernel/clock.ts';
import { startThread } from '../../../store/thread-entry.ts';
import type { ImageAnswer, ImageJob, MarkedFile } from './image-jobs.ts';

/** Settings of {@link ImageThread}. */
export interface ImageThreadOptions {
  readonly clock: Clock;
  readonly limits: ImageLimits;
  /** Longest time of one image, ms. */
  readonly timeMs: number;
}

type JobBody =
  | Omit<Extract<ImageJob, { type: 'mark' }>, 'request' | 'limits'>
  | Omit<Extract<ImageJob, { type: 'read' }>, 'request' | 'limits'>;

interface Waiting {
  readonly job: ImageJob;
  readonly resolve: (answer: ImageAnswer) => void;
  readonly reject: (error: WitanError) => void;
}

/** Images that may wait or be worked on; one more is refused. */
const QUEUE_MAX_COUNT = 16;
const HEAP_MAX_MB = 256;
const RETRY_AFTER_MS = 2_000;

/** Starts its thread with the first image. */
export class ImageThread {
  readonly #options: ImageThreadOptions;
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  #timer: TimerHandle | undefined;
  #request = 0;
  #isClosed = false;

  constructor(options: ImageThreadOptions) {
    this.#options = options;
  }

  /** @throws overloaded, too_large, invalid_argument, deadline_exceeded, unavailable */
  async mark(file: Uint8Array, markId: string, key: Uint8Array): Promise<MarkedFile> {
    const answer = await this.#ask({ type: 'mark', file, markId, key });
    if (answer.type === 'marked') return answer.marked;
    throw new TypeError('not an answer to mark');
  }

  /** Mark of one of the keys. @throws as {@link mark} */
  async read(file: Uint8Array, keys: readonly Uint8Array[]): Promise<ImageMark | null> {
    const answer = await this.#ask({ type: 'read', file, keys });
    if (answer.type === 'read') return answer.mark;
    throw new TypeError('not an answer to read');
  }

  /** Ends the thread; what waits fails with `stopped`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const stopped = new WitanError('stopped', 'the node stops');
    for (const { reject } of this.#queue.splice(0)) reject(stopped);
    await this.#end(stopped);
  }

  #ask(body: JobBody): Promise<ImageAnswer> {
    if (this.#isClosed) return Promise.reject(new WitanError('stopped', 'the node stops'));
    if (this.#queue.length >= QUEUE_MAX_COUNT) {
      const message = `${this.#queue.length} images wait already`;
      return Promise.reject(new WitanError('overloaded', message, { retryAfterMs: RETRY_AFTER_MS }));
    }
    const job = { ...body, request: (this.#request += 1), limits: this.#options.limits } as ImageJob;
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#current || this.#isClosed) return;
    this.#current = this.#queue.shift();
    if (!this.#current) return;
    this.#worker ??= this.#start();
    this.#timer = this.#options.clock.setTimer(this.#options.timeMs, () => {
      void this.#end(new WitanError('deadline_exceeded', 'the image takes too long', { path: 'base64' }));
    });
    this.#worker.postMessage(this.#current.job);
  }

  #start(): Worker {
    const worker = startThread('image-worker', import.meta.url, {
      workerData: {},
      name: 'witan-images',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
      // The process's own output is its embedder's.
      stdout: true,
      stderr: true,
    });
    worker.on('message', (answer: ImageAnswer) => this.#answered(answer));
    worker.unref();
    const ended = (cause?: unknown): void => {
      if (this.#worker !== worker) return;
      void this.#end(new WitanError('unavailable', 'the thread of images ended', {}, cause));
    };
    worker.on('error', ended);
    worker.on('exit', () => ended());
    return worker;
  }

  #answered(answer: ImageAnswer): void {
    if (this.#current?.job.request !== answer.request) return;
    const { resolve, reject } = this.#take();
    if (answer.type === 'refused')
      reject(new WitanError(answer.code as ErrorCode, answer.message, answer.details));
    else resolve(answer);
    this.#next();
  }

  #take(): Waiting {
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
