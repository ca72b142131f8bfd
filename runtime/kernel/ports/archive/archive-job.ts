/** Port: a piece of work that brings the record into another store, again and again. */

/** What a run brought. */
export interface ArchiveJobReport {
  /** Entries from this index to before that one. */
  readonly firstIndex: number;
  readonly endIndex: number;
  readonly objectCount: number;
  readonly sizeBytes: number;
  /** Name of the object that makes it whole: a manifest or a point. */
  readonly object: string;
}

/** Names of the jobs. */
export const ARCHIVE_JOBS = ['batch', 'replica', 'backup'] as const;
/** One of {@link ARCHIVE_JOBS}: daily batches, the second store, backups of the node. */
export type ArchiveJobName = (typeof ARCHIVE_JOBS)[number];

/** One job. Each run takes up what the one before left, also one that was cut off. */
export interface ArchiveJob {
  readonly name: ArchiveJobName;
  readonly everyMs: number;
  /** Undefined: there was nothing to do. @throws what its store throws; then it is tried again */
  run(): Promise<ArchiveJobReport | undefined>;
  /** When it was last done, by what its store holds; undefined: never. */
  lastDoneWallMs(): Promise<number | undefined>;
  /** Index after the last entry that its store holds, as far as is known without asking it. */
  coveredCount(): number;
}
