/** Port: what must be known after a crash, written down before it is acted on. */

/** An ordered list of records (JSON values) of one writer. */
export interface OutboxPort {
  /** Every record, oldest first. */
  records(): readonly unknown[];
  /** Adds a record; when it resolves, the record is on the disk. @throws storage_failed */
  append(record: unknown): Promise<void>;
  /** Puts fewer records in the place of all, at once or not at all. @throws storage_failed */
  compact(records: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

/** Texts by number, for what is made once and read for years. */
export interface NumberedTexts {
  /** Keeps a text; replaces one of that number. On the disk when it resolves. @throws storage_failed */
  put(number: number, text: string): Promise<void>;
  /** Smallest kept number that is at least `number`; undefined when there is none. */
  atLeast(number: number): number | undefined;
  /** @throws storage_failed */
  get(number: number): Promise<string | undefined>;
}
