/** Answers on a stream, bounded: a reader that does not read is waited for, and cut off in the end. */
import type { EventEmitter } from 'node:events';
import { WitanError } from '../../contracts/errors.ts';
import { errorStatus } from './error-status.ts';

/** The part of a server stream that answers go through. */
export interface AnswerStream extends EventEmitter {
  /** False: full until `drain`. */
  write(message: unknown): boolean;
  end(): unknown;
}

/** How answers are bounded, and who is told of errors. */
export interface OutgoingOptions {
  /** A reader that takes nothing for this long is cut off, ms. */
  readonly stallMs: number;
  /** Sees every error that ends the call. */
  note(thrown: unknown): unknown;
}

/** Answers of one call; every method is safe after it ended. */
export class Outgoing<M> {
  readonly #stream: AnswerStream;
  readonly #options: OutgoingOptions;
  readonly #over: () => void;
  /** Settles when the call is over: ended here, cancelled by the caller, or its connection gone. */
  readonly over: Promise<void>;
  #ended = false;
  #drained: Promise<void> | undefined;

  constructor(stream: AnswerStream, options: OutgoingOptions) {
    this.#stream = stream;
    this.#options = options;
    let over = (): void => undefined;
    this.over = new Promise((resolve) => (over = resolve));
    this.#over = over;
    stream.once('cancelled', () => this.#finish());
  }

  /** A promise while the stream is full; it settles when it has room again or is over. */
  get full(): Promise<void> | undefined {
    return this.#drained;
  }

  /** Sends one message; gives {@link full}. */
  send(message: M): Promise<void> | undefined {
    if (this.#ended) return undefined;
    if (this.#stream.write(message)) return undefined;
    this.#drained ??= this.#untilDrained();
    return this.#drained;
  }

  /** Ends the call, with an error when one is given. */
  end(thrown?: unknown): void {
    if (this.#ended) return;
    this.#finish();
    if (thrown === undefined) this.#stream.end();
    else this.#stream.emit('error', errorStatus(this.#options.note(thrown)));
  }

  #finish(): void {
    this.#ended = true;
    this.#over();
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      const stall = setTimeout(
        () => this.end(new WitanError('overloaded', 'the reader of the stream is too slow')),
        this.#options.stallMs,
      );
      stall.unref();
      const settle = (): void => {
        clearTimeout(stall);
        this.#stream.off('drain', settle);
        this.#stream.off('cancelled', settle);
        this.#stream.off('error', settle);
        this.#drained = undefined;
        resolve();
      };
      for (const event of ['drain', 'cancelled', 'error']) this.#stream.on(event, settle);
    });
  }
}
