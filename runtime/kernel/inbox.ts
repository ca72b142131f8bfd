/** De-duplication by message id, for effects that must happen once although messages may come twice. */

/** What an inbox remembers, as JSON: newest id last. Store it in the same write as the state change. */
export type InboxState = readonly string[];

/** Settings of one inbox. */
export interface InboxOptions {
  /** Ids that are remembered; beyond it the oldest is forgotten (default 10,000). */
  readonly capacity?: number;
  /** Ids from a snapshot, oldest first. */
  readonly state?: InboxState;
}

/**
 * Bounded memory of handled message ids; a duplicate is known as long as fewer than `capacity` newer ones
 * came.
 */
export class Inbox {
  readonly #capacity: number;
  readonly #ids: Set<string>;

  constructor(options: InboxOptions = {}) {
    this.#capacity = options.capacity ?? 10_000;
    if (!(this.#capacity >= 1)) throw new TypeError('an inbox needs a capacity of at least 1');
    this.#ids = new Set(options.state?.slice(-this.#capacity));
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Whether the id was recorded and not yet forgotten. */
  has(messageId: string): boolean {
    return this.#ids.has(messageId);
  }

  /** Records the id; false when it was there: the message is a duplicate and must change nothing. */
  record(messageId: string): boolean {
    if (messageId.length === 0) throw new TypeError('a message id must not be empty');
    if (this.#ids.has(messageId)) return false;
    this.#ids.add(messageId);
    if (this.#ids.size > this.#capacity) this.#ids.delete(this.#ids.values().next().value!);
    return true;
  }

  /** The remembered ids, for a snapshot. O(size) */
  toState(): InboxState {
    return [...this.#ids];
  }
}

/** Event that carries the id of the message that caused it, so that one append stores both or neither. */
export interface OnceEvent<E> {
  readonly messageId: string;
  readonly changes: readonly E[];
}

/** State together with the ids of the messages that are in it; plain JSON when `state` is. */
export interface OnceState<S> {
  readonly handled: InboxState;
  readonly state: S;
}

/**
 * Domain state and inbox as one: folds events, tells duplicates, and survives as one snapshot.
 *
 * A durable actor asks `isDuplicate(id)`, persists one `OnceEvent` with all changes of the message, then
 * calls `apply` with the same event on the live path and on replay. Applying an event twice changes nothing.
 */
export class OnceFold<S, E> {
  readonly #inbox: Inbox;
  readonly #fold: (state: S, change: E) => S;
  #state: S;

  constructor(start: OnceState<S>, fold: (state: S, change: E) => S, capacity?: number) {
    this.#inbox = new Inbox(
      capacity === undefined ? { state: start.handled } : { state: start.handled, capacity },
    );
    this.#fold = fold;
    this.#state = start.state;
  }

  get state(): S {
    return this.#state;
  }

  isDuplicate(messageId: string): boolean {
    return this.#inbox.has(messageId);
  }

  /** Applies the event's changes unless its message is already in the state; says whether it did. */
  apply(event: OnceEvent<E>): boolean {
    // Fold first: a change that throws must leave neither id nor half of its changes behind.
    if (this.#inbox.has(event.messageId)) return false;
    const next = event.changes.reduce(this.#fold, this.#state);
    this.#inbox.record(event.messageId);
    this.#state = next;
    return true;
  }

  /** Both halves for one snapshot. */
  toState(): OnceState<S> {
    return { handled: this.#inbox.toState(), state: this.#state };
  }
}
