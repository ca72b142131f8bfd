/** One thread for images: an image that takes too long or too much ends the thread, never the node. */
import type { ImageLimits } from '../../../../agents/platform/proof/watermark/image-file.ts';
import type { ImageMark } from '../../../../agents/platform/proof/watermark/image-mark.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { JobThread } from '../../../store/job-thread.ts';
import { startThread } from '../../../store/thread-entry.ts';
import type { DoneImage, ImageJob, MarkedFile } from './image-jobs.ts';

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

/** Images that may wait; one more is refused. */
const QUEUE_MAX_COUNT = 16;
const HEAP_MAX_MB = 256;
const RETRY_AFTER_MS = 2_000;

/** Starts its thread with the first image. */
export class ImageThread {
  readonly #thread: JobThread<JobBody, ImageJob, DoneImage>;

  constructor({ clock, limits, timeMs }: ImageThreadOptions) {
    this.#thread = new JobThread({
      clock,
      things: 'images',
      queueMaxCount: QUEUE_MAX_COUNT,
      retryAfterMs: RETRY_AFTER_MS,
      jobMs: timeMs,
      late: () => new WitanError('deadline_exceeded', 'the image takes too long', { path: 'base64' }),
      start: () =>
        startThread('image-worker', import.meta.url, {
          workerData: {},
          name: 'witan-images',
          resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
          // The process's own output is its embedder's.
          stdout: true,
          stderr: true,
        }),
      jobOf: (body, request) => ({ ...body, request, limits }) as ImageJob,
    });
  }

  /** @throws overloaded, too_large, invalid_argument, deadline_exceeded, unavailable */
  async mark(file: Uint8Array, markId: string, key: Uint8Array): Promise<MarkedFile> {
    const answer = await this.#thread.run({ type: 'mark', file, markId, key });
    if (answer.type === 'marked') return answer.marked;
    throw new TypeError('not an answer to mark');
  }

  /** Mark of one of the keys. @throws as {@link mark} */
  async read(file: Uint8Array, keys: readonly Uint8Array[]): Promise<ImageMark | null> {
    const answer = await this.#thread.run({ type: 'read', file, keys });
    if (answer.type === 'read') return answer.mark;
    throw new TypeError('not an answer to read');
  }

  /** Ends the thread; what waits fails with `stopped`. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}
