/**
 * One open stream to a client: numbered messages, credit, heartbeats, and an end that is always told.
 *
 * The door sends only what the client gave credit for. What comes while there is none waits up to a bound;
 * past it the backlog is dropped, and when credit comes again the client gets `gap` and a fresh beginning.
 * The client is gone when the server knows no one on its inbox (status 503) or when it says nothing for the
 * idle time.
 */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { NATS_HEADERS } from '../../../contracts/nats-headers.ts';
import type { NatsMediaType } from '../../../contracts/nats-headers.ts';
import { STREAM_CREDIT_MAX } from '../../../contracts/messages/door/stream-frames.ts';
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { LinkHeaders, NatsLink } from '../link/nats-link.ts';
import { bodyAnswer, errorAnswer } from './answer.ts';
import type { WireForm } from './endpoints/wire-form.ts';

/** Bounds of every stream of a door. */
export interface StreamLimits {
  readonly heartbeatMs: number;
  readonly idleMs: number;
  /** Messages that may wait for credit. */
  readonly maxQueuedCount: number;
  /** Bytes that may wait for credit. */
  readonly maxQueuedBytes: number;
}

/** Bounds used where none are given. */
export const STREAM_LIMITS: StreamLimits = {
  heartbeatMs: 5_000,
  idleMs: 30_000,
  maxQueuedCount: 256,
  maxQueuedBytes: 1_048_576,
};

/** What a session is made of. */
export interface SessionParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly streamId: string;
  /** Reply subject of the request. */
  readonly inbox: string;
  /** Subject on which the door hears this client. */
  readonly control: string;
  readonly accept: NatsMediaType;
  readonly wires: Readonly<Record<string, WireForm>>;
  /** Runs once, however the stream ended. */
  onEnd(): void;
  /** Messages were dropped and there is credit again. */
  onRecover(): Promise<void>;
}

interface Frame {
  readonly name: string;
  readonly data: Uint8Array;
  readonly headers: LinkHeaders;
  readonly sequence: number;
}

/** See the head of this file; every method is safe after the end. */
export class StreamSession {
  readonly streamId: string;
  readonly #parts: SessionParts;
  #credit: number;
  #sentCount = 0;
  #queue: Frame[] = [];
  #queuedBytes = 0;
  #droppedCount = 0;
  #lostUpTo = 0;
  #isRecovering = false;
  #isEnding = false;
  #isEnded = false;
  #heartbeat: TimerHandle | undefined;
  #idle: TimerHandle | undefined;
  #waiting: (() => void)[] = [];

  constructor(parts: SessionParts, credit: number) {
    this.#parts = parts;
    this.streamId = parts.streamId;
    this.#credit = credit;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Messages were dropped since the client last took any. */
  get isLagging(): boolean {
    return this.#droppedCount > 0;
  }

  /** Sends the first message and starts to listen for signs of life. */
  open(): void {
    const { heartbeatMs, idleMs } = this.#parts.limits;
    this.#transmit('open', { streamId: this.streamId, heartbeatMs, idleMs, credit: this.#credit });
    this.heard();
  }

  /**
   * Sends a message or lets it wait; a returned promise means that there is no credit, and settles when there
   * is. Past the bounds the backlog is dropped.
   */
  send(name: string, value: unknown, sequence = 0): void | Promise<void> {
    if (this.#isEnded || this.#isEnding) return;
    const frame = this.#frame(name, value, sequence);
    if (this.isLagging) this.#drop(frame);
    else if (this.#credit > 0 && this.#queue.length === 0) this.#give(frame);
    else this.#enqueue(frame);
    if (this.#credit === 0 && !this.#isEnded) return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whether another message could be taken now, sent or waiting. */
  get hasRoom(): boolean {
    return !this.#isEnded && !this.isLagging && this.#queue.length < this.#parts.limits.maxQueuedCount;
  }

  /** What the source lost before it reached this stream. */
  gap(droppedCount: number, resumeAfter: number): void {
    if (this.#isEnded) return;
    this.#droppedCount += Math.max(1, droppedCount) + this.#queue.length;
    this.#lostUpTo = Math.max(this.#lostUpTo, resumeAfter);
    this.#clearQueue();
    this.#flush();
  }

  /** The client gives credit. */
  addCredit(count: number): void {
    this.heard();
    this.#credit = Math.min(STREAM_CREDIT_MAX, this.#credit + count);
    this.#flush();
  }

  /** A sign of life. */
  heard(): void {
    this.#idle?.cancel();
    if (this.#isEnded) return;
    const { clock, limits } = this.#parts;
    this.#idle = clock.setTimer(limits.idleMs, () =>
      this.end(
        new WitanError('deadline_exceeded', `nothing was heard of the client for ${limits.idleMs} ms`),
      ),
    );
  }

  /** Ends when everything that waits was taken. */
  finish(): void {
    if (this.#isEnded) return;
    this.#isEnding = true;
    this.#flush();
  }

  /** Ends now; with `thrown`, the client is told the error. */
  end(thrown?: unknown): void {
    if (this.#isEnded) return;
    if (thrown === undefined) this.#transmit('end', {});
    else {
      const { data, headers } = errorAnswer(thrown);
      this.#publish({ name: 'end', data, headers, sequence: 0 });
    }
    this.abandon();
  }

  /** Ends without a word: nobody is there to hear it. */
  abandon(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#heartbeat?.cancel();
    this.#idle?.cancel();
    this.#clearQueue();
    this.#wakeAll();
    this.#parts.onEnd();
  }

  #flush(): void {
    if (this.#isEnded || this.#isRecovering) return;
    if (this.isLagging && this.#credit > 0) return this.#recover();
    while (this.#credit > 0 && this.#queue.length > 0) {
      const frame = this.#queue.shift()!;
      this.#queuedBytes -= frame.data.byteLength;
      this.#give(frame);
      if (this.#isEnded) return;
    }
    if (this.#credit > 0) this.#wakeAll();
    if (this.#isEnding && this.#queue.length === 0 && !this.isLagging) this.end();
  }

  #recover(): void {
    this.#isRecovering = true;
    const droppedCount = this.#droppedCount;
    const resumeAfter = this.#lostUpTo;
    // What is sent to begin anew must get through although the source has ended meanwhile.
    const wasEnding = this.#isEnding;
    this.#isEnding = false;
    this.#droppedCount = 0;
    this.#lostUpTo = 0;
    this.#give(this.#frame('gap', { droppedCount, resumeAfter }, 0));
    const done = (): void => {
      this.#isRecovering = false;
      this.#isEnding ||= wasEnding;
      this.#flush();
    };
    this.#parts.onRecover().then(done, (error: unknown) => this.end(toWitanError(error)));
  }

  #enqueue(frame: Frame): void {
    const { maxQueuedCount, maxQueuedBytes } = this.#parts.limits;
    const bytes = this.#queuedBytes + frame.data.byteLength;
    if (this.#queue.length >= maxQueuedCount || bytes > maxQueuedBytes) return this.#drop(frame);
    this.#queue.push(frame);
    this.#queuedBytes = bytes;
  }

  #drop(frame: Frame): void {
    this.#droppedCount += this.#queue.length + 1;
    this.#lostUpTo = Math.max(this.#lostUpTo, frame.sequence);
    this.#clearQueue();
  }

  #clearQueue(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #give(frame: Frame): void {
    this.#credit -= 1;
    this.#publish(frame);
  }

  #frame(name: string, value: unknown, sequence: number): Frame {
    const { accept, wires } = this.#parts;
    return { name, ...bodyAnswer(value, accept, wires[name]), sequence };
  }

  #transmit(name: string, value: object): void {
    this.#publish(this.#frame(name, value, 0));
  }

  #publish({ name, data, headers, sequence }: Frame): void {
    const { link, inbox, control } = this.#parts;
    this.#sentCount += 1;
    const all = {
      ...headers,
      [NATS_HEADERS.frame]: name,
      [NATS_HEADERS.frameSequence]: String(this.#sentCount),
      ...(sequence > 0 && { [NATS_HEADERS.sequence]: String(sequence) }),
    };
    try {
      // The control subject stands as the reply subject: the server answers there when nobody has the inbox.
      link.publish(inbox, data, { replyTo: control, headers: all });
    } catch (error) {
      if (name === 'end' || !link.isConnected) return this.abandon();
      return this.end(error);
    }
    this.#beatLater();
  }

  #beatLater(): void {
    this.#heartbeat?.cancel();
    if (this.#isEnded) return;
    const { clock, limits } = this.#parts;
    this.#heartbeat = clock.setTimer(limits.heartbeatMs, () => this.#transmit('heartbeat', {}));
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
