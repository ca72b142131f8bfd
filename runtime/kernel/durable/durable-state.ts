/** Events, sequence and snapshots of one durable actor. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Cell } from '../cell/cell.ts';
import { STOPPED, TURN_END } from '../cell/flags.ts';
import type { JournalPort } from '../ports/journal.ts';

/** A stored payload on its way to the present shape. */
export interface StoredShape {
  readonly kind: 'event' | 'snapshot';
  /** Type of the event; `state` for a snapshot. */
  readonly type: string;
  /** Version that it was stored with. */
  readonly schemaVersion: number;
  readonly payload: unknown;
}

/** How one durable actor stores and rebuilds itself; types are erased. */
export interface DurableSettings {
  readonly journal: JournalPort;
  readonly key: string;
  readonly initialState: unknown;
  readonly apply: (state: unknown, event: unknown) => unknown;
  readonly schemaVersion: number;
  readonly migrate: ((stored: StoredShape) => unknown) | undefined;
  readonly snapshotEvery: number;
  readonly eventType: (event: unknown) => string;
}

interface Queued {
  readonly event: unknown;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** State machine of the events of one actor; its turn stays open until they are stored. */
export class DurableState {
  /** Sequence of the last event that is applied to the state. */
  sequence = 0;
  private snapshotSequence = 0;
  private saving = false;
  private readonly settings: DurableSettings;
  private queue: Queued[] = [];
  private appending: Promise<void> | undefined;
  /** A batch is with the journal. */
  private isOut = false;
  private failure: { readonly error: unknown } | undefined;
  private recoveryNeeded = false;
  /** Counts recoveries: an append of an earlier one changes nothing any more. */
  private era = 0;

  constructor(settings: DurableSettings) {
    this.settings = settings;
  }

  /** Rebuilds the state: newest snapshot, then the events after it. @throws storage_failed, not_supported */
  async recover(cell: Cell): Promise<unknown> {
    const { journal, key } = this.settings;
    const era = (this.era += 1);
    // An append that is still out could land after the read and make this writer stale.
    await this.appending;
    const snapshot = await journal.latestSnapshot(key);
    let sequence = snapshot?.sequence ?? 0;
    let state: unknown;
    if (snapshot === undefined) state = structuredClone(this.settings.initialState);
    else {
      const { schemaVersion, state: payload } = snapshot;
      state = this.migrated({ kind: 'snapshot', type: 'state', schemaVersion, payload });
    }
    for await (const event of journal.read(key, sequence)) {
      if (event.sequence !== sequence + 1) {
        throw new WitanError('storage_failed', `The journal of ${key} has a gap after ${sequence}`, { key });
      }
      const { type, schemaVersion, payload } = event;
      state = this.settings.apply(state, this.migrated({ kind: 'event', type, schemaVersion, payload }));
      sequence = event.sequence;
      if ((cell.flags & STOPPED) !== 0) break;
    }
    if (era === this.era) {
      this.sequence = sequence;
      this.snapshotSequence = snapshot?.sequence ?? 0;
      this.recoveryNeeded = false;
    }
    return state;
  }

  private migrated(stored: StoredShape): unknown {
    const { schemaVersion, migrate, key } = this.settings;
    if (stored.schemaVersion === schemaVersion) return stored.payload;
    if (migrate === undefined || stored.schemaVersion > schemaVersion) {
      throw new WitanError('not_supported', `${key} holds ${stored.kind}s of shape ${stored.schemaVersion}`, {
        key,
        expected: `shape ${schemaVersion}`,
      });
    }
    return migrate(stored);
  }

  /** Queues an event of the current turn; events of one synchronous stretch are appended together. */
  persist(cell: Cell, event: unknown): Promise<void> {
    const refused = this.refusal(cell);
    if (refused !== undefined) {
      this.failure ??= { error: refused };
      cell.flags |= TURN_END;
      return handled(Promise.reject(refused));
    }
    const stored = new Promise<void>((resolve, reject) => {
      this.queue.push({ event, resolve, reject });
    });
    cell.flags |= TURN_END;
    this.appending ??= this.appendAll(cell);
    return handled(stored);
  }

  private refusal(cell: Cell): WitanError | undefined {
    const fence = cell.options?.fence;
    if (fence !== undefined && !fence.isHeld()) {
      return new WitanError('unavailable', 'The lease under which this actor writes is not held', {
        key: this.settings.key,
      });
    }
    if (cell.core.dispatcher.current === cell || cell.extras?.turn !== undefined) return undefined;
    return new WitanError('invalid_argument', 'Events are persisted while a message is handled', {
      key: this.settings.key,
    });
  }

  private async appendAll(cell: Cell): Promise<void> {
    const era = this.era;
    // Lets the handler reach its end or its first wait, so that its events go out in one append.
    await Promise.resolve();
    while (this.queue.length > 0 && era === this.era) {
      const batch = this.queue;
      this.queue = [];
      this.isOut = true;
      try {
        await this.append(cell, batch, era);
      } catch (error) {
        for (const { reject } of [...batch, ...this.queue]) reject(error);
        this.queue = [];
        if (era !== this.era) break;
        this.failure = { error };
        this.recoveryNeeded = true;
      } finally {
        this.isOut = false;
      }
    }
    this.appending = undefined;
    if (era === this.era) this.saveSnapshot(cell);
  }

  private async append(cell: Cell, batch: readonly Queued[], era: number): Promise<void> {
    const { journal, key, schemaVersion, eventType, apply } = this.settings;
    const generation = cell.options?.fence?.generation;
    const events = batch.map(({ event }) => ({ type: eventType(event), schemaVersion, payload: event }));
    const expectedSequence = this.sequence;
    const last = await journal.append(
      key,
      events,
      generation === undefined ? { expectedSequence } : { expectedSequence, generation },
    );
    if (last !== expectedSequence + batch.length) {
      throw new WitanError('storage_failed', `The journal of ${key} gave sequence ${last}`, { key });
    }
    if (era !== this.era || (cell.flags & STOPPED) !== 0) {
      throw new WitanError('stopped', 'The actor was reset or stopped while its event was stored', { key });
    }
    let state = cell.state;
    for (const { event } of batch) state = apply(state, event);
    cell.state = state;
    this.sequence = last;
    for (const { resolve } of batch) resolve();
  }

  /**
   * Saves the state now and then, beside the turns: losing a snapshot costs time at recovery, nothing else.
   */
  private saveSnapshot(cell: Cell): void {
    const { journal, key, schemaVersion, snapshotEvery } = this.settings;
    if (this.saving || this.sequence - this.snapshotSequence < snapshotEvery) return;
    this.saving = true;
    const sequence = this.sequence;
    const done = (): void => {
      this.saving = false;
    };
    Promise.resolve()
      .then(() => journal.saveSnapshot({ key, sequence, schemaVersion, state: cell.state }))
      .then(() => {
        this.snapshotSequence = Math.max(this.snapshotSequence, sequence);
      })
      .catch((error: unknown) => cell.core.callbackFailed(cell, 'saveSnapshot', error))
      .then(done);
  }

  /** What the turn must wait for: a running append, or the failure of one; undefined when all is stored. */
  pending(): Promise<void> | undefined {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    return this.appending;
  }

  /** The turn crashed: events that were not sent yet are dropped; one that is out makes a recovery due. */
  dropPending(): void {
    this.failure = undefined;
    const dropped = this.queue;
    this.queue = [];
    if (this.isOut) this.recoveryNeeded = true;
    for (const { reject } of dropped) {
      const { key } = this.settings;
      reject(new WitanError('crashed', 'The turn failed before its event was stored', { key }));
    }
  }

  /** Whether another writer owns the key: this actor must stop, whatever its `onCrash` would say. */
  isLost(error: unknown): boolean {
    return error instanceof WitanError && error.code === 'stale_writer';
  }

  /** Whether state and journal may differ, so that a resume has to be a recovery. */
  needsRecovery(): boolean {
    return this.recoveryNeeded;
  }
}

/** A rejection that nobody awaits must not end the process; the turn sees the failure in any case. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
