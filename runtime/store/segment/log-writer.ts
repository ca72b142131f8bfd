/**
 * The one writer of a log: group commit, one `fdatasync` per batch, acknowledgement only after it.
 *
 * While a batch is being synced the next one gathers, so batches grow with the load by themselves.
 */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import type { FrozenInput } from '../ledger/entry-input.ts';
import { BatchBuilder, checkEntryBytes, MAX_BATCH_ENTRIES, type WaitingAppend } from './batch.ts';
import { codeOf, writeAll, type LogFile } from './file-system.ts';
import type { LogFiles, LogState } from './log-state.ts';
import { encodeSegmentHeader, prepareSpare, SEGMENT_HEADER_BYTES, takeSpare } from './segment-file.ts';

/** Segment that is written to. */
export interface OpenSegment {
  readonly number: number;
  readonly file: LogFile;
  readonly sizeBytes: number;
  /** Where the next frame goes. */
  offset: number;
  /** Its header is not written yet. */
  isFresh: boolean;
}

/** Gets the number of entries that one sync made durable, and the time of write and sync, ms. */
export type SyncListener = (entryCount: number, elapsedMs: number) => void;

/** Settings of {@link LogWriter}. */
export interface LogWriterOptions extends LogFiles {
  readonly clock: Clock;
  readonly segmentBytes: number;
  readonly state: LogState;
  readonly segment: OpenSegment;
  /** Called after each durable batch. */
  readonly onDurable: () => void;
  /** Told of each sync. */
  readonly onSync?: SyncListener | undefined;
}

const MAX_WAITING_ENTRIES = 65_536;
const MAX_WAITING_BYTES = 67_108_864;

/** See the head of the file. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #state: LogState;
  readonly #builder = new BatchBuilder();
  readonly #uncertain = new Set<string>();
  #segment: OpenSegment;
  #queue: WaitingAppend[] = [];
  #waitingBytes = 0;
  #generation: number;
  #running: Promise<void> | undefined;
  #spare: Promise<boolean> | undefined;
  #failure: WitanError | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#segment = options.segment;
    this.#generation = options.state.generation;
  }

  /** Why the writer takes no more entries until the log is opened again. */
  get failure(): WitanError | undefined {
    return this.#failure;
  }

  /** Whether an entry of this decision may or may not be on the disk. */
  isUncertain(decisionId: string): boolean {
    return this.#uncertain.has(decisionId);
  }

  /** Queues an entry; resolves when it is durable. Takes its place in the order of the calls. */
  append(input: FrozenInput, generation: number | undefined): Promise<LedgerEntry> {
    if (this.#failure) return Promise.reject(refused(this.#failure));
    const own = generation ?? this.#generation;
    if (own < this.#generation) {
      const details = { generation: own, highest: this.#generation };
      throw new WitanError('stale_writer', `generation ${own} is below ${this.#generation}`, details);
    }
    checkEntryBytes(input, this.#options.segmentBytes - SEGMENT_HEADER_BYTES);
    const isFull = this.#queue.length >= MAX_WAITING_ENTRIES || this.#waitingBytes >= MAX_WAITING_BYTES;
    if (isFull)
      throw new WitanError('overloaded', 'too many entries wait for the disk', { retryAfterMs: 10 });
    this.#generation = own;
    return new Promise((resolve, reject) => {
      this.#queue.push({ input, generation: own, resolve, reject });
      this.#waitingBytes += input.payload.length;
      // Started in a microtask, so that appends of one turn share a sync.
      this.#running ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Resolves when everything queued is settled and no file is being prepared. */
  async drain(): Promise<void> {
    await this.#running;
    await this.#spare;
  }

  /** Closes the segment; the caller has drained before. */
  async close(): Promise<void> {
    this.#failure ??= new WitanError('storage_failed', 'the log is closed');
    await this.#segment.file.close();
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0 && !this.#failure) await this.#step();
    } catch (defect) {
      // A defect of ours must not leave writers waiting for ever, nor end the process.
      this.#fail(
        this.#builder.entries.map((entry) => entry.waiting),
        defect,
      );
    }
    const failure = this.#failure;
    if (failure) for (const waiting of this.#take(this.#queue.length)) waiting.reject(refused(failure));
    this.#running = undefined;
  }

  async #step(): Promise<void> {
    const { size, chain } = this.#state;
    const roomBytes = this.#segment.sizeBytes - this.#segment.offset;
    const atWallMs = Math.floor(this.#options.clock.wallMs());
    const count = this.#builder.build(this.#queue, { size, chain, atWallMs, roomBytes });
    if (count === 0) return this.#roll();
    const batch = this.#take(count);
    const startedMs = this.#options.clock.monotonicMs();
    try {
      if (this.#segment.isFresh) await this.#writeHeader();
      await writeAll(this.#segment.file, this.#builder.bytes, this.#segment.offset);
    } catch (cause) {
      return this.#undo(batch, cause);
    }
    try {
      await this.#segment.file.datasync();
    } catch (cause) {
      // After a failed sync the system may have dropped the pages and call them clean: only a new open may go
      // on.
      return this.#fail(batch, cause);
    }
    this.#options.onSync?.(batch.length, this.#options.clock.monotonicMs() - startedMs);
    this.#commit();
  }

  #commit(): void {
    const segment = this.#segment;
    segment.isFresh = false;
    for (const { waiting, leafHash, offset, byteLength } of this.#builder.entries) {
      const { decisionId, kind } = waiting.input;
      this.#state.add({
        decisionId,
        kind,
        leafHash,
        segment: segment.number,
        offset: segment.offset + offset,
        byteLength,
      });
    }
    this.#state.chain = this.#builder.chain;
    this.#state.generation = this.#generation;
    segment.offset += this.#builder.bytes.length;
    for (const { waiting, entry } of this.#builder.entries) waiting.resolve(entry);
    // The next segment is made ready before this one is full, or its zeros would delay an append.
    if (segment.offset > segment.sizeBytes / 2) this.#spare ??= this.#prepare();
    this.#options.onDurable();
  }

  /** A write failed: the bytes are wiped, so that nothing half-written can be read as an entry later. */
  async #undo(batch: readonly WaitingAppend[], cause: unknown): Promise<void> {
    const { file, offset, isFresh } = this.#segment;
    try {
      if (isFresh) await writeAll(file, new Uint8Array(SEGMENT_HEADER_BYTES), 0);
      await writeAll(file, new Uint8Array(this.#builder.bytes.length), offset);
      await file.datasync();
    } catch (second) {
      return this.#fail(batch, second);
    }
    const error = storageFailed('the entry was not written', cause);
    for (const waiting of batch) waiting.reject(error);
  }

  #fail(batch: readonly WaitingAppend[], cause: unknown): void {
    this.#failure = storageFailed('the log takes no entries until it is opened again', cause);
    const details = { code: codeOf(cause) };
    const error = new WitanError(
      'unavailable',
      'it is not known whether the entry is on the disk',
      details,
      cause,
    );
    for (const { input } of batch) if (input.decisionId !== undefined) this.#uncertain.add(input.decisionId);
    for (const waiting of batch) waiting.reject(error);
  }

  async #writeHeader(): Promise<void> {
    const header = { number: this.#segment.number, firstIndex: this.#state.size, chain: this.#state.chain };
    await writeAll(this.#segment.file, encodeSegmentHeader(header), 0);
  }

  /** Goes on to the next segment; without room for one, a batch is refused and the log stays as it is. */
  async #roll(): Promise<void> {
    const { fs, folder, segmentBytes } = this.#options;
    const number = this.#segment.number + 1;
    try {
      const isReady = await this.#spare;
      this.#spare = undefined;
      if (!isReady) await prepareSpare(fs, folder, segmentBytes);
      const file = await takeSpare(fs, folder, number);
      await this.#segment.file.close();
      this.#segment = { number, file, sizeBytes: segmentBytes, offset: SEGMENT_HEADER_BYTES, isFresh: true };
    } catch (cause) {
      const error = storageFailed('there is no room for another segment', cause);
      for (const waiting of this.#take(MAX_BATCH_ENTRIES)) waiting.reject(error);
    }
  }

  async #prepare(): Promise<boolean> {
    try {
      await prepareSpare(this.#options.fs, this.#options.folder, this.#options.segmentBytes);
      return true;
    } catch {
      // Tried again when the segment is full; only then it is somebody's error.
      return false;
    }
  }

  #take(count: number): WaitingAppend[] {
    const taken = this.#queue.splice(0, count);
    for (const { input } of taken) this.#waitingBytes -= input.payload.length;
    return taken;
  }
}

function refused(failure: WitanError): WitanError {
  return new WitanError('storage_failed', failure.message, failure.details, failure.cause);
}

/** Error for a write that is known not to have happened. */
export function storageFailed(message: string, cause: unknown): WitanError {
  return new WitanError('storage_failed', message, { code: codeOf(cause) }, cause);
}
