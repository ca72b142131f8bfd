/** What nact stores, and the engine that stores it. */

/** Stored events that can be folded; an array will do, so will a stream whose `reduce` gives a promise. */
export interface EventStream {
  reduce<T>(fold: (previous: T, event: PersistedEvent, index: number) => T, initial: T): T | Promise<T>;
}

/** Store of nact's persistent actors. */
export interface PersistenceEngine {
  /** Events of a key from the one at `offset` on, in order. */
  events(key: string, offset?: number, limit?: number, tags?: string[]): EventStream;
  latestSnapshot(key: string): Promise<PersistedSnapshot | undefined>;
  takeSnapshot(snapshot: PersistedSnapshot): Promise<unknown>;
  persist(event: PersistedEvent, ...properties: unknown[]): Promise<unknown> | undefined | void;
}

/** Base class of engines: each method says that it is missing. */
export class AbstractPersistenceEngine implements PersistenceEngine {
  events(_key: string, _offset?: number, _limit?: number, _tags?: string[]): EventStream {
    throw new Error('the engine has no events()');
  }

  latestSnapshot(_key: string): Promise<PersistedSnapshot | undefined> {
    throw new Error('the engine has no latestSnapshot()');
  }

  takeSnapshot(_snapshot: PersistedSnapshot): Promise<unknown> {
    throw new Error('the engine has no takeSnapshot()');
  }

  persist(_event: PersistedEvent, ..._properties: unknown[]): Promise<unknown> | undefined | void {
    throw new Error('the engine has no persist()');
  }
}

/** State at a sequence number. */
export class PersistedSnapshot {
  readonly data: unknown;
  readonly sequenceNumber: number;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;

  constructor(data: unknown, sequenceNumber: number, key: string, createdAt = new Date().getTime()) {
    assertNumber(sequenceNumber);
    this.data = data;
    this.sequenceNumber = sequenceNumber;
    this.key = key;
    this.createdAt = createdAt;
  }
}

/** One event; `isDeleted` keeps its place in the sequence but not its effect. */
export class PersistedEvent {
  readonly data: unknown;
  readonly sequenceNumber: number;
  readonly key: string;
  /** Sorted. */
  readonly tags: string[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly isDeleted: boolean;

  // nact's order of arguments.
  constructor(
    data: unknown,
    sequenceNumber: number,
    key: string,
    tags: string[] = [],
    ...[createdAt = new Date().getTime(), isDeleted = false]: [createdAt?: number, isDeleted?: boolean]
  ) {
    if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string')) {
      throw new Error('tags should be a string array');
    }
    assertNumber(sequenceNumber);
    this.data = data;
    this.sequenceNumber = sequenceNumber;
    this.key = key;
    this.tags = tags.toSorted();
    this.createdAt = createdAt;
    this.isDeleted = isDeleted;
  }
}

function assertNumber(sequenceNumber: unknown): void {
  if (typeof sequenceNumber !== 'number') throw new Error('sequenceNumber should be a number');
}
