/**
 * Port: one node's copy of a replicated log (architecture §7): it follows a writer, or is the writer's own.
 *
 * A copy knows nothing of the others. What is acknowledged, and who may write, is decided by the protocol
 * above
 * it (`cluster/log`); the copy keeps order, hashes and durability, and never cuts what a signed head covers.
 */
import type { WitanError } from '../../../../contracts/errors.ts';
import type { RecordProof } from '../../../../contracts/messages/proof.ts';
import type { LedgerCheckpoint, LedgerPort } from '../ledger.ts';

/** A state of the log that two copies can compare: equal roots mean equal entries. */
export interface LogPosition {
  readonly size: number;
  /** Merkle root over them, 64 hex digits. */
  readonly root: string;
}

/** Entries as they lie on the writer's disk, one after the other. */
export interface LogFrames {
  readonly firstIndex: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Frames that the writer's disk has, though not yet for sure. */
export interface WrittenFrames extends LogFrames {
  /** Merkle root after the last of them, 64 hex digits; undefined in the middle of a batch. */
  readonly root: string | undefined;
}

/** Frames that a writer sent. */
export interface IngestedFrames extends LogFrames {
  /** Of the writer that sent them. */
  readonly generation: number;
  /** Merkle root that the copy must have after them, 64 hex digits; undefined: the chain alone is checked. */
  readonly root: string | undefined;
}

/** What a writing copy tells the protocol, and asks of it. */
export interface LogWriterHooks {
  /** Most bytes that `onWritten` gets at once; a single entry may have more. */
  readonly maxBytes: number;
  /** Called in order, when frames are written and before they are synced. */
  readonly onWritten: (frames: WrittenFrames) => void;
  /** Resolves when a checkpoint of this head may be signed. @throws unavailable when it may not */
  readonly beforeSign: (head: LogPosition) => Promise<void>;
}

/** One copy of a log. Everything it says of its size counts entries that are on its disk. */
export interface LogReplica {
  readonly logId: string;
  /** 16 hex digits, made with the copy's folder. */
  readonly copy: string;
  /** Highest generation whose writer this copy accepted; durable. */
  readonly generation: number;
  /** Why the copy takes nothing more until it is opened again. */
  readonly failure: WitanError | undefined;
  /**
   * Reads of everything that is on the disk, acknowledged or not. Appends and checkpoints are for the writer:
   * an append resolves when the entry is on this disk. Another object after {@link truncate}.
   */
  readonly local: LedgerPort;
  /** The same, once no cut is under way. @throws storage_failed when the copy is closed or could not be cut */
  opened(): Promise<LedgerPort>;
  /** Entries under the newest signed head that this copy keeps: they are never cut. */
  sealedSize(): number;
  /** Merkle root over the first `size` entries, 64 hex digits. @throws not_found */
  root(size: number): Promise<string>;
  /** Follows the writer of `generation` from now on; durable. @throws stale_writer for an older one */
  accept(generation: number): Promise<void>;
  /**
   * Takes up the next frames; resolves with the size when they are on the disk. Frames that are here
   * already are
   * passed over. Calls wait for each other.
   * @throws stale_writer for a generation below the one accepted, conflict for frames that do not follow,
   *   verification_failed for what was changed, storage_failed
   */
  ingest(frames: IngestedFrames): Promise<number>;
  /** Frames from an index on: at most `maxBytes`, but one entry at least. @throws not_found */
  frames(fromIndex: number, maxBytes: number): Promise<LogFrames>;
  /**
   * Cuts the entries from `size` on, durably. @throws verification_failed below the sealed size,
   * storage_failed
   */
  truncate(size: number): Promise<void>;
  /**
   * Keeps a head that the writer signed, when this copy holds its entries; a smaller one is passed over.
   * @throws verification_failed when its root is not that of this copy
   */
  keep(checkpoint: LedgerCheckpoint): Promise<void>;
  /** Newest signed head that was kept or signed here in this run. */
  kept(): LedgerCheckpoint | undefined;
  /** Proof of an entry under a checkpoint that the copy holds. @throws not_found */
  prove(index: number, checkpoint: LedgerCheckpoint): Promise<RecordProof>;
  /**
   * The copy is the writer's from now on. @throws stale_writer below the generation accepted, storage_failed
   */
  startWriting(generation: number, hooks: LogWriterHooks): Promise<void>;
  /** Ends that: no more appends are taken; resolves when those under way have settled. Idempotent. */
  stopWriting(): Promise<void>;
  close(): Promise<void>;
}
