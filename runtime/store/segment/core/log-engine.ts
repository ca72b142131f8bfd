/** What writes a log: in the caller's thread, or in one of its own. */
import type { LogHead } from '../head-file.ts';
import type { TileHash } from './peaks.ts';

/** Where a log is continued. May be sent to another thread. */
export interface LogStart {
  readonly size: number;
  readonly chain: Uint8Array;
  /** Roots of the complete subtrees, largest first. */
  readonly peaks: readonly Uint8Array[];
  readonly segment: {
    readonly number: number;
    readonly sizeBytes: number;
    /** Where the next frame goes. */
    readonly offset: number;
    /** Its header is not written yet. */
    readonly isFresh: boolean;
  };
}

/** Entries to be appended, in AppendBatch's form. */
export interface EngineBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly atWallMs: number;
}

/** Frames that another node built, as they are to lie in this log too. */
export interface EngineFrames {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Merkle root after the last of them: 32 bytes; undefined: only the chain is checked. */
  readonly root: Uint8Array | undefined;
}

/** Frames that are written and are being synced; the bytes are the receiver's. */
export interface EngineWritten {
  readonly firstIndex: number;
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Merkle root after the last of them: 32 bytes. */
  readonly root: Uint8Array;
}

/** Why entries of a batch are not acknowledged. */
export interface AppendFailure {
  /** `refused`: they are not in the log, which goes on. `unknown`: they may be; the log takes no more. */
  readonly outcome: 'refused' | 'unknown';
  readonly message: string;
  /** Code of the system's error. */
  readonly code: string | undefined;
}

/** A write and sync that made entries durable. */
export interface SyncedPart {
  readonly count: number;
  readonly elapsedMs: number;
}

/** What became of a batch: its first entries are durable, the rest has failed. */
export interface BatchOutcome {
  readonly firstIndex: number;
  readonly durableCount: number;
  /** 32 bytes for each durable entry. */
  readonly leaves: Uint8Array;
  readonly chains: Uint8Array;
  readonly rows: Uint8Array;
  /** Hash chain before the first entry. */
  readonly previousChain: Uint8Array;
  readonly completed: readonly TileHash[];
  readonly parts: readonly SyncedPart[];
  /** Some of its entries are the first of a segment. */
  readonly hasBegunSegment: boolean;
  readonly failure: AppendFailure | null;
}

/** The one writer of a log's files. */
export interface LogEngine {
  /** Batches that may be under way at once. */
  readonly depth: number;
  /** Appends in the order of the calls; resolves when the outcome is known. Never rejects. */
  append(batch: EngineBatch): Promise<BatchOutcome>;
  /** As `append`, of frames that are there already; those that do not continue the log are refused. */
  ingest(frames: EngineFrames): Promise<BatchOutcome>;
  /** Makes the head over all durable entries durable, and gives it. @throws the system's error */
  seal(): Promise<LogHead>;
  /** The head over all durable entries, as it would be sealed. */
  head(): Promise<LogHead>;
  /** Makes a head durable that is not older than the last one. @throws the system's error */
  save(head: LogHead): Promise<void>;
  /** Ends it; nothing may be under way. */
  close(): Promise<void>;
}
