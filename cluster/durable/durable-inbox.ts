/**
 * A receiver's own durable memory: its state, and the ids of the messages that made it, in one journal.
 *
 * The window of a broker is not enough: a message comes again after hours when it was a dead letter, or when
 * its sender came back. Effect and id are one append, so none is there without the other; the append names
 * the generation of the claim, so that an owner before cannot make it.
 */
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { Fence } from '../../runtime/kernel/actor.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { JournalEvent, JournalPort } from '../../runtime/kernel/ports/journal.ts';

/** What a message did; as the receiver's journal keeps it. */
export type Effect = Pick<JournalEvent, 'type' | 'schemaVersion' | 'payload'>;

/** What an inbox is opened with. */
export interface DurableInboxOptions<S> {
  readonly journal: JournalPort;
  /** Of the receiver: an entity, or a shard of them. */
  readonly key: string;
  /** Claim of the receiver's shard. */
  readonly fence: Fence;
  readonly clock: Clock;
  readonly initial: S;
  /** State after an effect; pure. States are JSON. */
  apply(state: S, effect: Effect): S;
  /** Ids that are remembered (default 10,000); one more within `keepMs` is `overloaded`. */
  readonly maxIds?: number;
  /** Time for which an id is remembered at least (default seven days). */
  readonly keepMs?: number;
}

interface Snapshot {
  readonly handled: readonly (readonly [id: string, atWallMs: number])[];
  readonly state: unknown;
}

const HANDLED = 'durable-handled';
const SNAPSHOT_EVERY = 200;
const WEEK_MS = 7 * 86_400_000;

/** See the head of the file. One message at a time; messages that come together stand in line. */
export class DurableInbox<S> {
  readonly #options: DurableInboxOptions<S>;
  #state: S;
  #handled = new Map<string, number>();
  #sequence = 0;
  #sinceSnapshot = 0;
  /** What the journal holds is not known: it is read before the next message. */
  #isOpen = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DurableInboxOptions<S>) {
    this.#options = options;
    this.#state = options.initial;
  }

  /** As of the last message that was handled here. */
  get state(): S {
    return this.#state;
  }

  /** Ids that are remembered. */
  get size(): number {
    return this.#handled.size;
  }

  /**
   * Takes a message's effect once, whoever delivers it and how often. True: it took effect, false: before.
   *
   * @throws stale_writer when another owns the shard: not acknowledged; who owns it handles it, or knows it
   * @throws overloaded when no id more can be remembered; what `decide` and the journal throw
   */
  once(id: string, decide: (state: S) => readonly Effect[] | Promise<readonly Effect[]>): Promise<boolean> {
    const mine = this.#last.then(() => this.#once(id, decide));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #once(
    id: string,
    decide: (state: S) => readonly Effect[] | Promise<readonly Effect[]>,
  ): Promise<boolean> {
    const { fence } = this.#options;
    assertHeld(fence);
    await this.#open();
    const isNew = !this.#handled.has(id);
    if (isNew) {
      this.#makeRoom();
      const effects = await decide(this.#state);
      assertHeld(fence);
      await this.#commit(id, effects);
    }
    // Whoever says that it was handled must still own it: an owner that is none any more says nothing.
    assertHeld(fence);
    return isNew;
  }

  async #commit(id: string, effects: readonly Effect[]): Promise<void> {
    const { journal, key, fence, clock } = this.#options;
    const atWallMs = clock.wallMs();
    const marker: Effect = { type: HANDLED, schemaVersion: 1, payload: { id, atWallMs } };
    try {
      const options = { expectedSequence: this.#sequence, generation: fence.generation };
      this.#sequence = await journal.append(key, [...effects, marker], options);
    } catch (error) {
      // Whether it counts is not known, or somebody else wrote: the journal says so.
      this.#isOpen = false;
      throw toWitanError(error);
    }
    for (const effect of effects) this.#state = this.#options.apply(this.#state, effect);
    this.#handled.set(id, atWallMs);
    this.#sinceSnapshot += effects.length + 1;
    if (this.#sinceSnapshot < SNAPSHOT_EVERY) return;
    this.#sinceSnapshot = 0;
    const state: Snapshot = { handled: [...this.#handled], state: this.#state };
    // Without it the journal is longer to read, and says the same.
    await journal
      .saveSnapshot({ key, sequence: this.#sequence, schemaVersion: 1, state })
      .catch(() => undefined);
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return;
    const { journal, key, initial } = this.#options;
    const snapshot = await journal.latestSnapshot(key);
    const kept = snapshot?.state as Snapshot | undefined;
    this.#handled = new Map(kept?.handled ?? []);
    this.#state = kept === undefined ? initial : (kept.state as S);
    this.#sequence = snapshot?.sequence ?? 0;
    this.#sinceSnapshot = 0;
    for await (const event of journal.read(key, this.#sequence)) {
      this.#sequence = event.sequence;
      this.#sinceSnapshot += 1;
      if (event.type !== HANDLED) {
        this.#state = this.#options.apply(this.#state, event);
        continue;
      }
      const { id, atWallMs } = event.payload as { id: string; atWallMs: number };
      this.#handled.set(id, atWallMs);
    }
    this.#isOpen = true;
  }

  /** Forgets what is old enough. @throws overloaded */
  #makeRoom(): void {
    const { clock, maxIds = 10_000, keepMs = WEEK_MS } = this.#options;
    const oldestMs = clock.wallMs() - keepMs;
    for (const [id, atWallMs] of this.#handled) {
      if (this.#handled.size < maxIds || atWallMs > oldestMs) break;
      this.#handled.delete(id);
    }
    if (this.#handled.size < maxIds) return;
    throw new WitanError('overloaded', `${maxIds} messages were handled within the time that is remembered`);
  }
}

function assertHeld(fence: Fence): void {
  if (!fence.isHeld()) throw new WitanError('stale_writer', 'This node does not own the receiver any more');
}
