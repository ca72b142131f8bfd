/** A numbered stream of events with bounded history, resume, snapshot and bounded subscribers. */
import type { Clock } from './clock.ts';

/** Receives events in order. A returned promise means "busy": nothing is delivered until it settles. */
export interface StreamSubscriber<E> {
  onEvent(event: E): void | Promise<void>;
  /** Events up to `resumeAfter` are lost for this subscriber; delivery goes on after it. */
  onGap(resumeAfter: number): void;
  /** No more events will come; called once, after the last event. */
  onEnd(): void;
}

/** Settings of one stream. */
export interface SequencedStreamOptions<E, S> {
  readonly clock: Clock;
  /** Events kept for resume (default 1,024). */
  readonly historyLimit?: number;
  /** Live events a subscriber may lag behind before it is told `gap` (default and at most `historyLimit`). */
  readonly lagLimit?: number;
  /** State that a new viewer starts from; `fold` must not keep or change the event. */
  readonly snapshot?: { readonly initial: S; readonly fold: (state: S, event: E) => S };
  /** Told when a subscriber throws or rejects; the subscriber is then dropped. */
  readonly onSubscriberError?: (error: unknown) => void;
}

// Events that one turn delivers to one subscriber before timers and sockets get theirs.
const EVENTS_PER_TURN = 64;

interface Cursor<E> {
  readonly subscriber: StreamSubscriber<E>;
  /** Sequence of the last event delivered or lost. */
  position: number;
  /** Newest sequence when it subscribed: what lies before is catching up, not lagging. */
  readonly startHead: number;
  /** Set while a drain is scheduled or the subscriber is busy. */
  isWaiting: boolean;
  isClosed: boolean;
}

/**
 * Events numbered from 1 without gaps. Publishing is O(1) plus one wake-up per idle subscriber: subscribers
 * are cursors into one shared history and are called later, never inside `publish`.
 */
export class SequencedStream<E, S = undefined> {
  readonly #options: SequencedStreamOptions<E, S>;
  readonly #historyLimit: number;
  readonly #lagLimit: number;
  readonly #cursors = new Set<Cursor<E>>();
  /** Ring: the event with sequence n stands at (n - 1) % historyLimit. */
  readonly #ring: E[] = [];
  #head = 0;
  #state: S | undefined;
  #isEnded = false;

  constructor(options: SequencedStreamOptions<E, S>) {
    this.#options = options;
    this.#historyLimit = options.historyLimit ?? 1_024;
    this.#lagLimit = Math.min(options.lagLimit ?? this.#historyLimit, this.#historyLimit);
    if (!(this.#historyLimit >= 1) || !(this.#lagLimit >= 1))
      throw new TypeError('limits must be at least 1');
    this.#state = options.snapshot?.initial;
  }

  /** Sequence of the newest event; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get subscriberCount(): number {
    return this.#cursors.size;
  }

  /** Adds the event that `make` builds for its sequence. After `end` it is a programmer's error. */
  publish(make: (sequence: number) => E): E {
    if (this.#isEnded) throw new TypeError('the stream has ended');
    const event = make(this.#head + 1);
    this.#ring[this.#head % this.#historyLimit] = event;
    this.#head += 1;
    const { snapshot } = this.#options;
    if (snapshot) this.#state = snapshot.fold(this.#state as S, event);
    for (const cursor of this.#cursors) this.#wake(cursor);
    return event;
  }

  /** Ends the stream: subscribers get what is left, then `onEnd`. Idempotent. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const cursor of this.#cursors) this.#wake(cursor);
  }

  /** Folded state and the sequence it stands at; subscribe after that sequence to follow on. */
  snapshot(): { sequence: number; state: S } {
    return { sequence: this.#head, state: this.#state as S };
  }

  /** Events still held after `afterSequence`, oldest first. */
  history(afterSequence = 0): E[] {
    const events: E[] = [];
    for (let n = Math.max(afterSequence, this.#firstHeld() - 1) + 1; n <= this.#head; n++)
      events.push(this.#at(n));
    return events;
  }

  /** Puts other events in the place of those still held; what was delivered stays delivered. */
  amend(change: (event: E) => E): void {
    for (const [at, event] of this.#ring.entries()) this.#ring[at] = change(event);
  }

  /**
   * Delivers held events after `afterSequence`, then live ones. A sequence that is no longer held, or that
   * this stream never reached, gives `gap` first, then every event held. Returns an idempotent unsubscribe.
   */
  subscribe(afterSequence: number, subscriber: StreamSubscriber<E>): () => void {
    const position = afterSequence > this.#head ? -1 : Math.max(0, afterSequence);
    const cursor: Cursor<E> = {
      subscriber,
      position,
      startHead: this.#head,
      isWaiting: false,
      isClosed: false,
    };
    this.#cursors.add(cursor);
    this.#wake(cursor);
    return () => this.#drop(cursor);
  }

  #wake(cursor: Cursor<E>): void {
    if (cursor.isWaiting || cursor.isClosed) return;
    cursor.isWaiting = true;
    queueMicrotask(() => this.#drain(cursor));
  }

  #drain(cursor: Cursor<E>): void {
    try {
      for (let count = 0; !cursor.isClosed; count++) {
        this.#skipLost(cursor);
        if (cursor.isClosed || cursor.position >= this.#head) break;
        if (count >= EVENTS_PER_TURN) return void this.#options.clock.setTimer(0, () => this.#drain(cursor));
        cursor.position += 1;
        const busy = cursor.subscriber.onEvent(this.#at(cursor.position));
        if (isThenable(busy)) return this.#resumeAfter(cursor, busy);
      }
      cursor.isWaiting = false;
      if (this.#isEnded && !cursor.isClosed) {
        this.#drop(cursor);
        cursor.subscriber.onEnd();
      }
    } catch (error) {
      this.#fail(cursor, error);
    }
  }

  #resumeAfter(cursor: Cursor<E>, busy: PromiseLike<void>): void {
    busy.then(
      () => this.#drain(cursor),
      (error: unknown) => this.#fail(cursor, error),
    );
  }

  #skipLost(cursor: Cursor<E>): void {
    const isSlow = this.#head - Math.max(cursor.position, cursor.startHead) > this.#lagLimit;
    if (!isSlow && cursor.position >= this.#firstHeld() - 1) return;
    // A slow one jumps to the newest event, so that it reads one snapshot and not one gap after another.
    cursor.position = isSlow ? this.#head : this.#firstHeld() - 1;
    cursor.subscriber.onGap(cursor.position);
  }

  #fail(cursor: Cursor<E>, error: unknown): void {
    this.#drop(cursor);
    this.#options.onSubscriberError?.(error);
  }

  #drop(cursor: Cursor<E>): void {
    cursor.isClosed = true;
    this.#cursors.delete(cursor);
  }

  #firstHeld(): number {
    return Math.max(1, this.#head - this.#historyLimit + 1);
  }

  #at(sequence: number): E {
    return this.#ring[(sequence - 1) % this.#historyLimit]!;
  }
}

function isThenable(value: void | Promise<void>): value is Promise<void> {
  return typeof (value as Promise<void> | undefined)?.then === 'function';
}
