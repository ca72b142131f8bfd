/** Stands in for the socket of a `pg` client and carries its bytes to an embedded database. */
import { Duplex } from 'node:stream';
import type { DatabaseThread } from './database-thread.ts';

/** First byte of the message with which a client says good-bye. @source PostgreSQL 15 §55.7 "Terminate" */
const TERMINATE = 0x58;

/**
 * One client's connection. The client's messages reach the database as they are, except the good-bye, which
 * would end the database itself: the next client gets the same session, cleaned.
 */
export class WireStream extends Duplex {
  readonly #makeThread: () => Promise<DatabaseThread>;
  #thread: DatabaseThread | undefined;
  #isForgotten = false;
  /** Answers that are owed to this client; another one may be waiting at the same database. */
  #owedCount = 0;

  /** @param makeThread Gives the running database, started first if it has ended. */
  constructor(makeThread: () => Promise<DatabaseThread>) {
    super();
    this.#makeThread = makeThread;
  }

  /** As a socket's: emits `connect`, or is destroyed with the reason. */
  connect(): this {
    this.#makeThread().then(
      (thread) => {
        this.#thread = thread;
        if (this.destroyed) return;
        void thread.gone.then(() => this.destroy(thread.failure));
        this.emit('connect');
      },
      (error: unknown) => this.destroy(error as Error),
    );
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    // Answers are pushed when they come; the client takes them at once.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk).then(() => done(), done);
  }

  /** Messages that were written together are sent together: one hop between threads, not five. */
  override _writev(parts: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(parts.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#forget();
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // A client that leaves with an answer owed gave the database up: only a new start helps.
    if (this.#owedCount > 0) void this.#thread!.kill();
    else this.#forget();
    done(error);
  }

  async #send(bytes: Buffer): Promise<void> {
    if (bytes[0] === TERMINATE) return;
    this.#owedCount += 1;
    const answer = await this.#thread!.ask(new Uint8Array(bytes)).finally(() => (this.#owedCount -= 1));
    if (answer.length > 0) this.push(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
  }

  #forget(): void {
    if (this.#isForgotten || !this.#thread) return;
    this.#isForgotten = true;
    this.#thread.forgetClient();
  }
}
