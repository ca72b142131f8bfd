/** Port: events and snapshots of durable actors. */

/** One stored event. `sequence` starts at 1 and has no gaps within a key. */
export interface JournalEvent {
  readonly key: string;
  readonly sequence: number;
  readonly type: string;
  /** Version of the payload's shape, for migrations on read. */
  readonly schemaVersion: number;
  readonly payload: unknown;
  readonly atWallMs: number;
}

/** State at a sequence; replay continues after it. */
export interface JournalSnapshot {
  readonly key: string;
  readonly sequence: number;
  readonly schemaVersion: number;
  readonly state: unknown;
}

/** Options of one append. */
export interface AppendOptions {
  /** Sequence of the last event the writer has seen (0: none). @throws stale_writer when another is ahead */
  readonly expectedSequence: number;
  /**
   * Generation of the writer's lease; a lower one than the highest ever seen for the key is `stale_writer`.
   */
  readonly generation?: number;
}

/** Durable event store; all or nothing per append. */
export interface JournalPort {
  /** Resolves when the events are durable, with the last sequence. @throws stale_writer, storage_failed */
  append(
    key: string,
    events: readonly Pick<JournalEvent, 'type' | 'schemaVersion' | 'payload'>[],
    options: AppendOptions,
  ): Promise<number>;
  /** Events after `afterSequence`, in order. */
  read(key: string, afterSequence: number): AsyncIterable<JournalEvent>;
  latestSnapshot(key: string): Promise<JournalSnapshot | undefined>;
  /** Keeps the newest snapshot; an older sequence than the stored one is ignored. */
  saveSnapshot(snapshot: JournalSnapshot): Promise<void>;
  /** Keys that start with `prefix`, sorted. */
  keys(prefix: string): AsyncIterable<string>;
  /** Removes all of a key whose actor has ended for good; an unknown key is no error. */
  forget(key: string): Promise<void>;
  close(): Promise<void>;
}
