/** Life of the thread that an embedded database runs in. */
import type { Worker } from 'node:worker_threads';
import { WitanError } from '../../../../contracts/errors.ts';
import { startThread } from '../../thread-entry.ts';
import { databaseCode } from './database-code.ts';
import type { DatabaseWorkerData, FromDatabaseWorker, ToDatabaseWorker } from './worker-messages.ts';

interface Waiting {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: WitanError) => void;
}

const OUTPUT_MAX_LENGTH = 2_000;

/** One start of the database. When it ends, for whatever reason, a new one is made. */
export class DatabaseThread {
  /** Resolves when the database answers. @throws unavailable when the thread ended before */
  readonly ready: Promise<void>;
  /** Resolves when the thread is gone; never rejects. */
  readonly gone: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #request = 0;
  #failure: WitanError | undefined;
  #output = '';

  constructor(folder: string | null) {
    const workerData: DatabaseWorkerData = { folder };
    // What the database prints stays here: the process's own output is its embedder's.
    const quiet = { stdout: true, stderr: true };
    this.#worker = startThread('database-worker', import.meta.url, {
      workerData,
      name: 'witan-database',
      ...quiet,
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_MAX_LENGTH);
      });
    }
    let onReady!: () => void;
    let onNever!: (error: WitanError) => void;
    this.ready = new Promise((resolve, reject) => {
      onReady = resolve;
      onNever = reject;
    });
    this.ready.catch(() => undefined);
    this.#worker.on('message', (message: FromDatabaseWorker) => {
      if (message.type === 'ready') onReady();
      if (message.type === 'answer') this.#answered(message.request, message.bytes);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    databaseCode().then(
      (code) => this.#post({ type: 'code', code }),
      (error: unknown) => {
        this.#fail(error);
        void this.#worker.terminate();
      },
    );
    this.gone = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        onNever(this.#fail(undefined));
        resolve();
      });
    });
  }

  /** Why the thread is of no use any more; undefined while it is. */
  get failure(): WitanError | undefined {
    return this.#failure;
  }

  /** Last lines that the database printed. */
  get output(): string {
    return this.#output;
  }

  /**
   * Sends bytes of the wire protocol; gives the answer.
   * @throws unavailable when the thread ends before it
   */
  ask(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#failure) return Promise.reject(this.#failure);
    const request = (this.#request += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      this.#post({ type: 'wire', request, bytes });
    });
  }

  /** Tells that the client is gone and nothing of it may reach the next one. */
  forgetClient(): void {
    if (!this.#failure) this.#post({ type: 'client-gone' });
  }

  /** Lets the database write what it holds and end; resolves when it is gone. */
  async close(): Promise<void> {
    if (!this.#failure) this.#post({ type: 'close' });
    await this.gone;
  }

  /** Ends the thread where it stands, as a crash would; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#fail(new Error('the database was stopped'));
    await this.#worker.terminate();
    await this.gone;
  }

  #post(message: ToDatabaseWorker): void {
    this.#worker.postMessage(message);
  }

  #answered(request: number, bytes: Uint8Array): void {
    this.#waiting.get(request)?.resolve(bytes);
    this.#waiting.delete(request);
  }

  #fail(cause: unknown): WitanError {
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    this.#failure ??= new WitanError('unavailable', `the embedded database has ended${reason}`, {}, cause);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
    return this.#failure;
  }
}
