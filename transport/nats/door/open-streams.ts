/** Streams that are open at one door, and what their clients say to it. */
import { WitanError } from '../../../contracts/errors.ts';
import { StreamControl } from '../../../contracts/messages/door/stream-frames.ts';
import { parseJson } from '../../../contracts/parse-json.ts';
import { parseMessage, REQUEST_LIMITS } from '../../../contracts/parse-message.ts';
import type { LinkMessage, NatsLink } from '../link/nats-link.ts';
import { bodyAnswer, errorAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { StreamSide } from './endpoints/endpoint.ts';
import type { StreamSession } from './stream-session.ts';

/** One open stream; its side is there once its start has ended. */
export interface OpenStream {
  readonly session: StreamSession;
  side: StreamSide | undefined;
}

const NO_RESPONDERS = 503;

/** See the head of this file. */
export class OpenStreams {
  readonly #link: NatsLink;
  readonly #maxCount: number;
  readonly #streams = new Map<string, OpenStream>();
  readonly #onDefect: ((error: unknown) => void) | undefined;

  constructor(link: NatsLink, maxCount: number, onDefect?: (error: unknown) => void) {
    this.#link = link;
    this.#maxCount = maxCount;
    this.#onDefect = onDefect;
  }

  get count(): number {
    return this.#streams.size;
  }

  /** @throws overloaded */
  assertRoom(): void {
    if (this.#streams.size < this.#maxCount) return;
    throw new WitanError('overloaded', 'too many streams are open', { retryAfterMs: 5_000 });
  }

  add(stream: OpenStream): void {
    this.#streams.set(stream.session.streamId, stream);
  }

  delete(streamId: string): void {
    this.#streams.delete(streamId);
  }

  /** Ends all; with `error` the clients are told, without it nobody would hear. */
  endAll(error?: WitanError): void {
    for (const { session } of [...this.#streams.values()]) {
      if (error) session.end(error);
      else session.abandon();
    }
  }

  /** Takes what came on a control subject; a stream that is not open is not answered for. */
  take(message: LinkMessage): void {
    const stream = this.#streams.get(message.subject.slice(message.subject.lastIndexOf('.') + 1));
    if (!stream) return;
    if (message.status === NO_RESPONDERS) return stream.session.abandon();
    this.#control(stream, message).then(
      () => this.#answer(message, bodyAnswer({}, 'application/json')),
      (error: unknown) => {
        const { error: typed, ...answer } = errorAnswer(error);
        if (typed.code === 'internal') this.#onDefect?.(typed.cause ?? typed);
        this.#answer(message, answer);
      },
    );
  }

  async #control({ session, side }: OpenStream, { data }: LinkMessage): Promise<void> {
    const control = parseMessage(StreamControl, parseJson(data, REQUEST_LIMITS));
    session.heard();
    switch (control.type) {
      case 'credit':
        return session.addCredit(control.count);
      case 'alive':
        return;
      case 'cancel':
        return session.end();
      case 'ballot':
        if (!side?.onBallot) throw notTaken('a ballot');
        return side.onBallot(control.ballot);
      case 'decline':
        if (!side?.onDecline) throw notTaken('a refusal of work');
        return side.onDecline(control.decisionId, control.detail);
    }
  }

  #answer({ replyTo }: LinkMessage, { data, headers }: Answer): void {
    if (replyTo !== undefined && this.#link.isConnected) this.#link.publish(replyTo, data, { headers });
  }
}

function notTaken(what: string): WitanError {
  return new WitanError('invalid_argument', `this stream takes no ${what}`, {
    path: 'type',
    expected: 'credit, alive or cancel',
  });
}
