/** Events of decisions in memory: one sequenced stream per decision, the oldest decisions forgotten. */
import type { DecisionEvent, DecisionEventBody } from '../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { withoutProse } from '../../../contracts/messages/privacy/event-prose.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DecisionEventsPort, DecisionSubscriber } from '../../kernel/ports/decision/decision-events.ts';
import { SequencedStream } from '../../kernel/sequenced-stream.ts';

/** Settings of the in-process event streams. */
export interface MemoryDecisionEventsOptions {
  readonly clock: Clock;
  /** Decisions whose events are held; the one that published least lately goes first (default 1,000). */
  readonly maxDecisions?: number;
  /** Events held per decision (default 1,024). */
  readonly historyLimit?: number;
  /** Events that a follower of all decisions may lag behind (default 4,096). */
  readonly allLagLimit?: number;
  /** Told of a subscriber that throws; it is dropped. */
  readonly onSubscriberError?: (error: unknown) => void;
}

type EventStream = SequencedStream<DecisionEvent>;

// Decisions that are followed although nothing was published of them yet; more are ended at once, so that a
// viewer who asks for invented ids cannot push real decisions out.
const MAX_AWAITED = 1_024;

/** {@link DecisionEventsPort} of one process. */
export class MemoryDecisionEvents implements DecisionEventsPort {
  readonly #options: MemoryDecisionEventsOptions;
  /** Decisions with events, the one that published last at the end. */
  readonly #streams = new Map<DecisionId, EventStream>();
  readonly #awaited = new Map<DecisionId, EventStream>();
  readonly #all: EventStream;
  #isClosed = false;

  constructor(options: MemoryDecisionEventsOptions) {
    this.#options = options;
    this.#all = this.#makeStream(options.allLagLimit ?? 4_096);
  }

  publish(decisionId: DecisionId, body: DecisionEventBody): DecisionEvent {
    const atWallMs = this.#options.clock.wallMs();
    // The body is a member of the union less these three fields; TypeScript does not rebuild the union by
    // itself.
    const stamp = (sequence: number): DecisionEvent =>
      ({ ...body, sequence, decisionId, atWallMs }) as DecisionEvent;
    const stream = this.#streams.get(decisionId) ?? this.#awaited.get(decisionId) ?? this.#makeStream();
    if (this.#isClosed) return stamp(stream.head + 1);
    this.#awaited.delete(decisionId);
    this.#streams.delete(decisionId);
    this.#streams.set(decisionId, stream);
    const event = stream.publish(stamp);
    this.#all.publish(() => event);
    this.#forgetOldest();
    return event;
  }

  subscribe(decisionId: DecisionId, afterSequence: number, subscriber: DecisionSubscriber): () => void {
    const stream = this.#streams.get(decisionId) ?? this.#awaitStream(decisionId);
    const unsubscribe = stream.subscribe(afterSequence, subscriber);
    return () => {
      unsubscribe();
      if (stream.subscriberCount === 0 && this.#awaited.get(decisionId) === stream)
        this.#awaited.delete(decisionId);
    };
  }

  subscribeAll(subscriber: DecisionSubscriber): () => void {
    let seen = this.#all.head;
    return this.#all.subscribe(seen, {
      onEvent: (event) => {
        seen += 1;
        return subscriber.onEvent(event);
      },
      onGap: (resumeAfter) => {
        const dropped = resumeAfter - seen;
        seen = resumeAfter;
        subscriber.onGap(dropped);
      },
      onEnd: () => subscriber.onEnd(),
    });
  }

  history(decisionId: DecisionId): readonly DecisionEvent[] {
    return this.#streams.get(decisionId)?.history() ?? [];
  }

  /** Drops what is held of a decision; followers of all decisions may still get its events, without prose. */
  forget(decisionId: DecisionId): void {
    const stream = this.#streams.get(decisionId);
    this.#streams.delete(decisionId);
    stream?.end();
    this.#all.amend((event) => (event.decisionId === decisionId ? withoutProse(event) : event));
  }

  /** Ends every stream: subscribers get what is left, then `onEnd`; later events are stamped but not kept. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of [...this.#streams.values(), ...this.#awaited.values(), this.#all]) stream.end();
  }

  #awaitStream(decisionId: DecisionId): EventStream {
    const awaited = this.#awaited.get(decisionId);
    if (awaited) return awaited;
    const stream = this.#makeStream();
    if (this.#isClosed || this.#awaited.size >= MAX_AWAITED) stream.end();
    else this.#awaited.set(decisionId, stream);
    return stream;
  }

  #forgetOldest(): void {
    if (this.#streams.size <= (this.#options.maxDecisions ?? 1_000)) return;
    const [oldest, stream] = this.#streams.entries().next().value!;
    this.#streams.delete(oldest);
    stream.end();
  }

  #makeStream(historyLimit = this.#options.historyLimit ?? 1_024): EventStream {
    const { clock, onSubscriberError } = this.#options;
    return new SequencedStream({ clock, historyLimit, ...(onSubscriberError && { onSubscriberError }) });
  }
}
