/** A log's writer in a thread of its own: hashing, writing and syncing never hold up the caller's loop. */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../thread-entry.ts';
import type {
  BatchOutcome,
  EngineBatch,
  EngineFrames,
  EngineWritten,
  LogEngine,
  LogStart,
} from '../core/log-engine.ts';
import type { LogHead } from '../head-file.ts';
import type { FromLogThread, LogThreadData, ToLogThread } from './log-messages.ts';

const NOTHING = new Uint8Array(0);

/** Starts the thread and opens the log's files in it. @throws storage_failed */
export async function openLogThread(
  {
    onWritten,
    ...files
  }: {
    readonly folder: string;
    readonly segmentBytes: number;
    readonly onWritten?: ((written: EngineWritten) => void) | undefined;
  },
  start: LogStart,
): Promise<LogThread> {
  const workerData: LogThreadData = { ...files, start, tellsWritten: onWritten !== undefined };
  const worker = startThread('log-worker', import.meta.url, { workerData, name: 'witan-log' });
  const thread = new LogThread(worker, onWritten);
  try {
    await thread.ready;
    return thread;
  } catch (error) {
    await thread.kill();
    throw error;
  }
}

type WithoutNumber<M> = M extends unknown ? Omit<M, 'request'> : never;
type Asking = WithoutNumber<ToLogThread>;

interface Asked {
  readonly resolve: (answer: FromLogThread) => void;
  readonly reject: (error: Error) => void;
}

/** See LogEngine. */
export class LogThread implements LogEngine {
  // One batch is synced while the next is built, and another already waits there.
  readonly depth = 3;
  /** Rejects when the files cannot be opened. */
  readonly ready: Promise<unknown>;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #gone: Promise<void>;
  readonly #onWritten: ((written: EngineWritten) => void) | undefined;
  #request = 0;
  #end: Error | undefined;

  constructor(worker: Worker, onWritten?: (written: EngineWritten) => void) {
    this.#worker = worker;
    this.#onWritten = onWritten;
    this.ready = new Promise((resolve, reject) => this.#asked.set(0, { resolve, reject }));
    worker.on('message', (message: FromLogThread) => this.#answered(message));
    worker.on('error', (error) => this.#ended(error));
    this.#gone = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#ended(new Error(`the thread of the log has ended with code ${code}`));
        resolve();
      });
    });
  }

  /** See LogEngine. When the thread is gone, the outcome is unknown. */
  append({ bytes, count, atWallMs }: EngineBatch): Promise<BatchOutcome> {
    return this.#outcome({ type: 'append', bytes, count, atWallMs });
  }

  /** See LogEngine. When the thread is gone, the outcome is unknown. */
  ingest({ bytes, count, root }: EngineFrames): Promise<BatchOutcome> {
    return this.#outcome({ type: 'ingest', bytes, count, root });
  }

  /** See LogEngine. */
  async seal(): Promise<LogHead> {
    return (await this.#ask({ type: 'seal' })).head!;
  }

  /** See LogEngine. */
  async head(): Promise<LogHead> {
    return (await this.#ask({ type: 'head' })).head!;
  }

  /** See LogEngine. */
  async save(head: LogHead): Promise<void> {
    await this.#ask({ type: 'save', head });
  }

  /** See LogEngine. */
  async close(): Promise<void> {
    await this.#ask({ type: 'close' }).catch(() => undefined);
    // Whoever waits for the end is waiting for something.
    this.#worker.ref();
    await this.#gone;
  }

  /** Ends it where it stands; what is under way is unknown. */
  async kill(): Promise<void> {
    this.#worker.ref();
    await this.#worker.terminate();
    await this.#gone;
  }

  async #outcome(message: Asking & { readonly bytes: Uint8Array }): Promise<BatchOutcome> {
    try {
      return (await this.#ask(message, [message.bytes.buffer as ArrayBuffer])).outcome!;
    } catch (error) {
      return unknownOutcome((error as Error).message);
    }
  }

  #ask(message: Asking, transfer: ArrayBuffer[] = []): Promise<FromLogThread> {
    if (this.#end) return Promise.reject(this.#end);
    const request = (this.#request += 1);
    return new Promise((resolve, reject) => {
      this.#asked.set(request, { resolve, reject });
      if (this.#asked.size === 1) this.#worker.ref();
      this.#worker.postMessage({ ...message, request } as ToLogThread, transfer);
    });
  }

  #answered(message: FromLogThread): void {
    if (message.written) return this.#onWritten?.(message.written);
    const asked = this.#asked.get(message.request);
    this.#asked.delete(message.request);
    // A process that waits for nothing else is not kept alive by a thread that has nothing to do.
    if (this.#asked.size === 0) this.#worker.unref();
    const { error } = message;
    if (!error) return asked?.resolve(message);
    asked?.reject(Object.assign(new Error(error.message), { code: error.code }));
  }

  #ended(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#asked.values()) reject(this.#end);
    this.#asked.clear();
  }
}

function unknownOutcome(message: string): BatchOutcome {
  return {
    firstIndex: 0,
    durableCount: 0,
    leaves: NOTHING,
    chains: NOTHING,
    rows: NOTHING,
    previousChain: NOTHING,
    completed: [],
    parts: [],
    hasBegunSegment: false,
    failure: { outcome: 'unknown', message, code: undefined },
  };
}
