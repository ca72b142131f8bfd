/** LedgerPort on segment files: the durable record of a node. */
import { WitanError } from '../../../contracts/errors.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
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
} from '../../kernel/ports/ledger.ts';
import { digestIn, freezeInput, openedConflict, type FrozenInput } from '../ledger/entry-input.ts';
import { LogSigner } from '../ledger/log-signer.ts';
import { receiptOf } from './batch.ts';
import { nodeFileSystem, type LogFileSystem } from './file-system.ts';
import { takeLock, type LogLock } from './lock-file.ts';
import type { LogState } from './log-state.ts';
import { LogWriter, storageFailed, type SyncListener } from './log-writer.ts';
import { openLog, type OpenedLog } from './open-log.ts';
import { Sealer } from './sealer.ts';

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
  /** Told of each sync: how many entries it made durable, and how long write and sync took, ms. */
  readonly onSync?: SyncListener | undefined;
}

const DEFAULT_SEGMENT_BYTES = 16_777_216;
const MIN_SEGMENT_BYTES = 65_536;
// A seal costs a sync of its own, a signature and a file; after every batch it took as long as the batch did.
// Entries are durable without it: it is what shows a later change of them.
const SEAL_WITHIN_MS = 200;
const SEAL_EVERY_ENTRIES = 4_096;

/**
 * Opens a durable ledger, or creates it; reads every entry once, at about 100,000 entries of 2 KB a second.
 * @throws already_exists when another process has it open, verification_failed naming the damaged record,
 *   config_invalid, storage_failed
 */
export async function openSegmentLedger(options: SegmentLedgerOptions): Promise<SegmentLedger> {
  const { folder, logId, keys, fs = nodeFileSystem, segmentBytes = DEFAULT_SEGMENT_BYTES } = options;
  if (segmentBytes < MIN_SEGMENT_BYTES) {
    const details = { path: 'segmentBytes', expected: `at least ${MIN_SEGMENT_BYTES}` };
    throw new WitanError('config_invalid', `segmentBytes: ${segmentBytes}`, details);
  }
  const signer = new LogSigner(logId, keys);
  let lock: LogLock | undefined;
  try {
    await fs.createFolder(folder);
    lock = await takeLock(fs, folder);
    const opened = await openLog({ fs, folder, logId, segmentBytes });
    const ledger = new SegmentLedger({
      opened,
      lock,
      signer,
      fs,
      folder,
      segmentBytes,
      clock: options.clock,
      onSync: options.onSync,
    });
    // What was recovered is sealed at once: the note on the disk may be older than the log, or lost.
    await ledger.checkpoint();
    return ledger;
  } catch (error) {
    await lock?.release().catch(() => undefined);
    throw error instanceof WitanError ? error : storageFailed('the log could not be opened', error);
  }
}

interface SegmentLedgerParts {
  readonly opened: OpenedLog;
  readonly lock: LogLock;
  readonly signer: LogSigner;
  readonly fs: LogFileSystem;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly clock: Clock;
  readonly onSync: SyncListener | undefined;
}

/** See LedgerPort; made by {@link openSegmentLedger}. */
export class SegmentLedger implements LedgerPort {
  readonly logId: string;
  /** Whether the last run left entries half-written that were cut when the log was opened. */
  readonly isTailCut: boolean;
  readonly #parts: SegmentLedgerParts;
  readonly #state: LogState;
  readonly #writer: LogWriter;
  readonly #sealer: Sealer;
  /** Appends in flight of kinds that a decision has once. */
  readonly #claims = new Map<string, Promise<LedgerEntry>>();
  #sealTimer: TimerHandle | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: SegmentLedgerParts) {
    const { opened, signer, fs, folder, segmentBytes, clock, onSync } = parts;
    const { state, head, segment } = opened;
    this.logId = signer.logId;
    this.isTailCut = opened.isTailCut;
    this.#parts = parts;
    this.#state = state;
    this.#sealer = new Sealer({ fs, folder, state, head, signer });
    const onDurable = (): void => this.#afterBatch();
    const files = { fs, folder, segmentBytes };
    this.#writer = new LogWriter({ ...files, clock, state, segment, onDurable, onSync });
  }

  /** See LedgerPort. The receipt comes after `fdatasync`. */
  async append(
    input: LedgerEntryInput,
    { generation }: { generation?: number } = {},
  ): Promise<LedgerReceipt> {
    if (this.#closing) throw new WitanError('storage_failed', 'the log is closed');
    const frozen = freezeInput(input);
    if (!frozen.unique) return receiptOf(this.logId, await this.#writer.append(frozen, generation), true);
    const name = `${frozen.unique} ${frozen.decisionId}`;
    const index = this.#state.decisions.unique(frozen.decisionId!, frozen.unique);
    const earlier =
      this.#claims.get(name) ?? (index === undefined ? undefined : this.#state.places.read(index));
    if (earlier) return this.#firstWins(frozen, await earlier);
    const claim = this.#writer.append(frozen, generation);
    this.#claims.set(name, claim);
    try {
      return receiptOf(this.logId, await claim, true);
    } finally {
      this.#claims.delete(name);
    }
  }

  /** See LedgerPort. @throws unavailable when an entry of the decision may or may not be on the disk */
  async byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    if (this.#writer.isUncertain(decisionId)) {
      throw new WitanError('unavailable', 'an entry of the decision may be on the disk: open the log again', {
        decisionId,
      });
    }
    return Promise.all(this.#state.decisions.of(decisionId).map((index) => this.#state.places.read(index)));
  }

  /** See LedgerPort. */
  async entry(index: number): Promise<LedgerEntry | undefined> {
    const isThere = Number.isSafeInteger(index) && index >= 0 && index < this.size();
    return isThere ? this.#state.places.read(index) : undefined;
  }

  /** See LedgerPort. */
  async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    const end = this.size();
    for (let at = Math.max(0, fromIndex); at < end;) {
      const run = await this.#state.places.readRun(at, end);
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
    return this.#parts.signer.bundle(entry, await this.#sealer.seal(), this.#state.tree);
  }

  /** See LedgerPort. */
  async inclusion(index: number, size: number): Promise<string[]> {
    return this.#state.tree.inclusionProof(index, size).map(toHex);
  }

  /** See LedgerPort. */
  async consistency(fromSize: number, toSize: number): Promise<string[]> {
    return this.#state.tree.consistencyProof(fromSize, toSize).map(toHex);
  }

  /** See LedgerPort. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#state.tree.tile(level, index, width);
  }

  /** Settles what is queued, seals the log and gives it free. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.drain();
    this.#sealTimer?.cancel();
    // A sealed log shows any later damage, down to its last entry; without the seal it is still whole.
    if (!this.#writer.failure) await this.#sealer.seal().catch(() => undefined);
    await this.#sealer.settle();
    await this.#writer.close();
    await this.#parts.opened.head.close();
    await this.#parts.lock.release();
  }

  #firstWins(offered: FrozenInput, first: LedgerEntry): LedgerReceipt {
    if (offered.decisionDigest !== undefined) {
      const recorded = digestIn(first.payload);
      if (recorded !== offered.decisionDigest) {
        throw openedConflict(offered.decisionId!, recorded, offered.decisionDigest);
      }
    }
    return receiptOf(this.logId, first, false);
  }

  #afterBatch(): void {
    if (this.#sealer.unsealedCount >= SEAL_EVERY_ENTRIES) this.#seal();
    else this.#sealTimer ??= this.#parts.clock.setTimer(SEAL_WITHIN_MS, () => this.#seal());
  }

  #seal(): void {
    this.#sealTimer?.cancel();
    this.#sealTimer = undefined;
    // Whoever needs a checkpoint asks for it and gets the error; appends do not depend on it.
    this.#sealer.seal().catch(() => undefined);
  }
}
