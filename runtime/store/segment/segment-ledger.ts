/** LedgerPort on segment files: the durable record of a node. */
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { RecordProof } from '../../../contracts/messages/proof.ts';
import type { Clock, TimerHandle } from '../../kernel/clock.ts';
import type { KeysPort } from '../../kernel/ports/keys.ts';
import type {
  LedgerCheckpoint,
  LedgerEntry,
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
  WriterTerm,
} from '../../kernel/ports/ledger.ts';
import { digestIn, freezeInput, openedConflict, type FrozenInput } from '../ledger/entry-input.ts';
import { LogSigner } from '../ledger/log-signer.ts';
import { AppendQueue } from './append-queue.ts';
import type { ColumnMark } from './columns/log-columns.ts';
import { LogCore } from './core/log-core.ts';
import type { BatchOutcome, EngineFrames, EngineWritten, LogEngine } from './core/log-engine.ts';
import { placeIn, ROW_BYTES, type EntryPlace } from './core/entry-row.ts';
import { HASH_BYTES } from './core/batch-columns.ts';
import { EntryReader } from './entry-reader.ts';
import { codeOf, nodeFileSystem, type LogFileSystem } from './file-system.ts';
import type { LogHead } from './head-file.ts';
import { takeLock, type LogLock } from './lock-file.ts';
import type { LogState } from './log-state.ts';
import { openLog, type OpenedLog } from './open-log.ts';
import { CHECKPOINT_FILE, Sealer } from './sealer.ts';
import { SEGMENT_HEADER_BYTES } from './segment-file.ts';
import { openLogThread } from './thread/log-thread.ts';

/** Gets the number of entries that one sync made durable, and the time of write and sync, ms. */
export type SyncListener = (entryCount: number, elapsedMs: number) => void;

/** Settings of a durable ledger. */
export interface SegmentLedgerOptions {
  /** Folder of the log; made with mode 0700. One log, one folder. */
  readonly folder: string;
  /** Name of the log, as it stands in checkpoints; fixed when the folder is first used. */
  readonly logId: string;
  readonly keys: KeysPort;
  readonly clock: Clock;
  /** Bytes of one preallocated segment file (default 16 MiB, at least 64 KiB). */
  readonly segmentBytes?: number;
  readonly fs?: LogFileSystem;
  /** Writes, hashes and syncs in a thread of its own, on the machine's own file system; default false. */
  readonly onThread?: boolean;
  /** Entries from which on a log is opened by its columns (default 262,144); see openLog. */
  readonly scanWholeBelow?: number;
  /** Told of each sync: how many entries it made durable, and how long write and sync took, ms. */
  readonly onSync?: SyncListener | undefined;
  /** Set for one copy of a replicated log: it is sealed and signed only while it writes. */
  readonly replication?: SegmentReplication | undefined;
}

/** What a copy of a replicated log asks of the protocol above it. */
export interface SegmentReplication {
  /** Whether this copy is the writer's now. */
  isWriting(): boolean;
  readonly onWritten: (written: EngineWritten) => void;
  readonly beforeSign: (head: LogHead) => Promise<void>;
}

const DEFAULT_SEGMENT_BYTES = 16_777_216;
const MIN_SEGMENT_BYTES = 65_536;
const SCAN_WHOLE_BELOW = 262_144;
// A seal costs a sync of its own, a signature and a file; after every batch it took as long as the batch did.
// Entries are durable without it: it is what shows a later change of them.
const SEAL_WITHIN_MS = 200;
const SEAL_EVERY_ENTRIES = 65_536;

/**
 * Opens a durable ledger, or creates it; reads a small one as a whole, and of a large one what follows the
 * last
 * mark.
 * @throws already_exists when another process has it open, verification_failed naming the damaged record,
 *   config_invalid, storage_failed
 */
export async function openSegmentLedger(options: SegmentLedgerOptions): Promise<SegmentLedger> {
  const { folder, logId, keys, fs = nodeFileSystem, segmentBytes = DEFAULT_SEGMENT_BYTES } = options;
  if (segmentBytes < MIN_SEGMENT_BYTES) {
    const details = { path: 'segmentBytes', expected: `at least ${MIN_SEGMENT_BYTES}` };
    throw new WitanError('config_invalid', `segmentBytes: ${segmentBytes}`, details);
  }
  const { clock, onSync, onThread = false, scanWholeBelow = SCAN_WHOLE_BELOW } = options;
  const signer = new LogSigner(logId, keys);
  let lock: LogLock | undefined;
  let opened: OpenedLog | undefined;
  let engine: LogEngine | undefined;
  try {
    await fs.createFolder(folder);
    lock = await takeLock(fs, folder);
    opened = await openLog({ fs, folder, logId, segmentBytes, scanWholeBelow });
    const { replication } = options;
    const files = { folder, segmentBytes, onWritten: replication?.onWritten };
    engine = onThread
      ? await openLogThread(files, opened.start)
      : await LogCore.open({ ...files, fs, clock }, opened.start);
    const limits = { segmentBytes, scanWholeBelow };
    const parts = { opened, engine, lock, signer, fs, folder, ...limits, clock, onSync, replication };
    const ledger = new SegmentLedger(parts);
    // What was recovered is sealed at once: the note on the disk may be older than the log, or lost.
    if (!replication) await ledger.checkpoint();
    return ledger;
  } catch (error) {
    await engine?.close().catch(() => undefined);
    await opened?.state.columns.close().catch(() => undefined);
    await lock?.release().catch(() => undefined);
    if (error instanceof WitanError) throw error;
    throw new WitanError('storage_failed', 'the log could not be opened', { code: codeOf(error) }, error);
  }
}

interface SegmentLedgerParts {
  readonly opened: OpenedLog;
  readonly engine: LogEngine;
  readonly lock: LogLock;
  readonly signer: LogSigner;
  readonly fs: LogFileSystem;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly scanWholeBelow: number;
  readonly clock: Clock;
  readonly onSync: SyncListener | undefined;
  readonly replication: SegmentReplication | undefined;
}

/** See LedgerPort; made by {@link openSegmentLedger}. */
export class SegmentLedger implements LedgerPort {
  readonly logId: string;
  /** The log was cut at its end when it was opened: entries that nobody had been told of. */
  readonly isTailCut: boolean;
  readonly #parts: SegmentLedgerParts;
  readonly #state: LogState;
  readonly #reader: EntryReader;
  readonly #queue: AppendQueue;
  readonly #sealer: Sealer;
  /** `opened` and `final` entries on their way to the disk, by kind and decision. */
  readonly #claims = new Map<string, Promise<LedgerReceipt>>();
  /** Where the log ends, once something was appended. */
  #end: Omit<ColumnMark, 'generation' | 'checks'> | undefined;
  #sealTimer: TimerHandle | undefined;
  #failure: WitanError | undefined;
  #closing: Promise<void> | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(parts: SegmentLedgerParts) {
    const { opened, engine, signer, fs, folder, segmentBytes, clock, replication } = parts;
    const { state, generation } = opened;
    this.logId = signer.logId;
    this.isTailCut = opened.isTailCut;
    this.#parts = parts;
    this.#state = state;
    this.#reader = new EntryReader(fs, folder, state.columns);
    this.#sealer = new Sealer({ fs, folder, state, engine, signer, beforeSign: replication?.beforeSign });
    this.#queue = new AppendQueue({
      logId: this.logId,
      engine,
      clock,
      generation,
      segmentRoomBytes: segmentBytes - SEGMENT_HEADER_BYTES,
      onOutcome: (outcome) => this.#takeUp(outcome),
    });
  }

  /** See LedgerPort. The receipt comes after `fdatasync`. */
  append(input: LedgerEntryInput, term: WriterTerm = {}): Promise<LedgerReceipt> {
    try {
      if (this.#closing) throw new WitanError('storage_failed', 'the log is closed');
      if (this.#parts.replication?.isWriting() === false)
        throw new WitanError('unavailable', 'this copy of the log is not the one that is written');
      const frozen = freezeInput(input);
      return frozen.unique ? this.#appendUnique(frozen, term) : this.#queue.append(frozen, term);
    } catch (error) {
      return Promise.reject(error as WitanError);
    }
  }

  /** See LedgerPort. @throws unavailable when an entry of the decision may or may not be on the disk */
  async byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    if (this.#queue.isUncertain(decisionId)) {
      throw new WitanError('unavailable', 'an entry of the decision may be on the disk: open the log again', {
        decisionId,
      });
    }
    return Promise.all(this.#state.decisions.of(decisionId).map((index) => this.#reader.read(index)));
  }

  /** See LedgerPort. */
  async entry(index: number): Promise<LedgerEntry | undefined> {
    const isThere = Number.isSafeInteger(index) && index >= 0 && index < this.size();
    return isThere ? this.#reader.read(index) : undefined;
  }

  /** See LedgerPort. */
  async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    const end = this.size();
    for (let at = Math.max(0, fromIndex); at < end;) {
      const run = await this.#reader.readRun(at, end);
      at += run.length;
      yield* run;
    }
  }

  /** See LedgerPort. */
  size(): number {
    return this.#state.size;
  }

  /** See LedgerPort. @throws unavailable when the head cannot be made durable */
  async checkpoint(): Promise<LedgerCheckpoint> {
    return this.#sealer.seal();
  }

  /** See LedgerPort. @throws not_found, unavailable */
  async proof(index: number): Promise<RecordProof> {
    const entry = await this.entry(index);
    if (!entry)
      throw new WitanError('not_found', `the log has no entry ${index}`, { index, size: this.size() });
    return this.prove(index, await this.#sealer.seal());
  }

  /** See LedgerPort. */
  async inclusion(index: number, size: number): Promise<string[]> {
    this.#checkSize(size);
    return (await this.#state.columns.tree.inclusionProof(index, size)).map(toHex);
  }

  /** See LedgerPort. */
  async consistency(fromSize: number, toSize: number): Promise<string[]> {
    this.#checkSize(toSize);
    return (await this.#state.columns.tree.consistencyProof(fromSize, toSize)).map(toHex);
  }

  /** See LedgerPort. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#state.columns.tile(level, index, width);
  }

  /** Entries under the head that was durable when the log was opened. */
  get openedHead(): LogHead {
    return this.#parts.opened.head;
  }

  /** The newest checkpoint that was signed since. */
  get signed(): LedgerCheckpoint | undefined {
    return this.#sealer.latest;
  }

  /** Why the log takes no more entries until it is opened again. */
  get failure(): WitanError | undefined {
    return this.#queue.failure ?? this.#failure;
  }

  /** Highest generation that any writer had. */
  get generation(): number {
    return this.#queue.generation;
  }

  /** Writes under this generation from now on. */
  raise(generation: number): void {
    this.#queue.raise(generation);
  }

  /** Resolves when no append and no checkpoint is under way. */
  async settle(): Promise<void> {
    await this.#queue.drain();
    await this.#sealer.settle();
  }

  /** Merkle root over the first `size` entries, 64 hex digits. @throws not_found */
  async root(size: number): Promise<string> {
    this.#checkSize(size);
    return toHex(await this.#state.columns.tree.root(size));
  }

  /** Frames as they lie in the files; at least one. @throws not_found, storage_failed */
  async frames(from: number, maxBytes: number): Promise<{ count: number; bytes: Uint8Array }> {
    this.#checkSize(from + 1);
    return this.#reader.frames(from, this.size(), maxBytes);
  }

  /** Place of an entry in the files. */
  async place(index: number): Promise<EntryPlace> {
    return placeIn(await this.#state.columns.rows(index, 1), 0);
  }

  /**
   * Takes up frames that another node built; resolves when they are on the disk. One call at a time.
   * @throws verification_failed, storage_failed
   */
  async ingest(frames: EngineFrames): Promise<void> {
    if (this.failure) throw this.failure;
    const outcome = await this.#parts.engine.ingest(frames);
    this.#takeUp(outcome);
    const { failure } = outcome;
    if (!failure) return;
    const isWrong = failure.code === 'verification_failed' || failure.code === 'too_large';
    const code = isWrong ? failure.code : 'storage_failed';
    const error = new WitanError(code, failure.message, { code: failure.code });
    if (failure.outcome === 'unknown') this.#failure = error;
    throw error;
  }

  /** Makes a head durable that another node signed, and keeps its note. @throws the system's error */
  async keepHead({ size, root, chainHash, note }: LedgerCheckpoint): Promise<void> {
    const { engine, fs, folder } = this.#parts;
    await engine.save({ size, root: fromHex(root), chain: fromHex(chainHash.slice('sha256:'.length)) });
    await fs.replaceText(join(folder, CHECKPOINT_FILE), note, { durable: false }).catch(() => undefined);
  }

  /** Proof of an entry under a head that the log contains. @throws not_found */
  async prove(index: number, checkpoint: LedgerCheckpoint): Promise<RecordProof> {
    const entry = await this.entry(index);
    if (!entry || index >= checkpoint.size) {
      const details = { index, size: checkpoint.size };
      throw new WitanError('not_found', `the checkpoint does not cover an entry ${index}`, details);
    }
    const path = await this.#state.columns.tree.inclusionProof(index, checkpoint.size);
    return this.#parts.signer.bundle(entry, checkpoint, path);
  }

  /** Settles what is queued, seals the log and gives it free. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { engine, lock } = this.#parts;
    await this.#queue.drain();
    this.#sealTimer?.cancel();
    // A sealed log shows any later damage, down to its last entry; without the seal it is still whole.
    if (!this.#queue.failure) {
      if (!this.#parts.replication) await this.#sealer.seal().catch(() => undefined);
      if (this.#end && this.#end.size >= this.#parts.scanWholeBelow) this.#keepColumns(this.#end);
    }
    await this.#sealer.settle();
    await this.#keeping;
    this.#queue.close();
    await engine.close();
    await this.#state.columns.close();
    await lock.release();
  }

  async #appendUnique(frozen: FrozenInput, term: WriterTerm): Promise<LedgerReceipt> {
    const name = `${frozen.unique} ${frozen.decisionId}`;
    const index = this.#state.decisions.unique(frozen.decisionId!, frozen.unique!);
    const earlier =
      this.#claims.get(name)?.then(({ entry }) => entry) ??
      (index === undefined ? undefined : this.#reader.read(index));
    if (earlier) return this.#firstWins(frozen, await earlier);
    const claim = this.#queue.append(frozen, term);
    this.#claims.set(name, claim);
    try {
      return await claim;
    } finally {
      this.#claims.delete(name);
    }
  }

  #firstWins(offered: FrozenInput, entry: LedgerEntry): LedgerReceipt {
    if (offered.decisionDigest !== undefined) {
      const recorded = digestIn(entry.payload);
      if (recorded !== offered.decisionDigest) {
        throw openedConflict(offered.decisionId!, recorded, offered.decisionDigest);
      }
    }
    const { index, leafHash } = entry;
    return { logId: this.logId, index, leafHash, appended: false, entry };
  }

  /** Notes what has become durable. */
  #takeUp({ durableCount, ...outcome }: BatchOutcome): void {
    if (durableCount === 0) return;
    this.#state.add(outcome);
    const { chains, parts, hasBegunSegment, rows } = outcome;
    for (const { count, elapsedMs } of parts) this.#parts.onSync?.(count, elapsedMs);
    const { segment, offset, byteLength } = placeIn(Buffer.from(rows.slice(-ROW_BYTES)), 0);
    const end = { segment, offset: offset + byteLength, chain: chains.slice(-HASH_BYTES) };
    this.#end = { ...end, size: this.size() };
    if (hasBegunSegment) this.#keepColumns(this.#end);
    if (this.#parts.replication && !this.#parts.replication.isWriting()) return;
    if (this.#sealer.unsealedCount >= SEAL_EVERY_ENTRIES) this.#seal();
    else this.#sealTimer ??= this.#parts.clock.setTimer(SEAL_WITHIN_MS, () => this.#seal());
  }

  /** Notes the end of the log as the place from which it is read next time. */
  #keepColumns(end: Omit<ColumnMark, 'generation' | 'checks'>): void {
    const { columns } = this.#state;
    const mark = { ...end, generation: this.#queue.generation, checks: columns.checks() };
    // Without the mark the log is read from an earlier one: that takes longer, and is all.
    this.#keeping = this.#keeping.then(() => columns.keep(mark)).catch(() => undefined);
  }

  #checkSize(size: number): void {
    if (size <= this.size()) return;
    const details = { asked: size, size: this.size() };
    throw new WitanError('not_found', `the log has ${this.size()} entries, not ${size}`, details);
  }

  #seal(): void {
    this.#sealTimer?.cancel();
    this.#sealTimer = undefined;
    // Whoever needs a checkpoint asks for it and gets the error; appends do not depend on it.
    this.#sealer.seal().catch(() => undefined);
  }
}
