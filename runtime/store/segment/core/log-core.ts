/**
 * The one writer of a log's files: group commit, one `fdatasync` per part of a batch, outcome only after it.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { codeOf, writeAll, type LogFile, type LogFileSystem } from '../file-system.ts';
import { HeadFile, type LogHead } from '../head-file.ts';
import {
  encodeSegmentHeader,
  readySegment,
  SEGMENT_HEADER_BYTES,
  segmentPath,
  type ReadySegment,
} from '../segment-file.ts';
import { FrameBuilder, HASH_BYTES, type BatchColumns, type BatchCursor } from './frame-builder.ts';
import type {
  AppendFailure,
  BatchOutcome,
  EngineBatch,
  LogEngine,
  LogStart,
  SyncedPart,
} from './log-engine.ts';
import { Peaks } from './peaks.ts';

/** Settings of a {@link LogCore}. */
export interface LogCoreOptions {
  readonly fs: LogFileSystem;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

interface OpenSegment {
  readonly number: number;
  readonly file: LogFile;
  readonly sizeBytes: number;
  offset: number;
  isFresh: boolean;
}

/** What a batch has become so far. */
interface BatchProgress {
  readonly columns: BatchColumns;
  readonly cursor: BatchCursor;
  readonly parts: SyncedPart[];
  hasBegunSegment: boolean;
}

/** See the head of the file. */
export class LogCore implements LogEngine {
  readonly depth = 1;
  readonly #options: LogCoreOptions;
  readonly #head: HeadFile;
  readonly #builder = new FrameBuilder();
  /** Tree with the frames that are being written. */
  readonly #peaks: Peaks;
  /** Tree of the durable entries alone. */
  readonly #durable: Peaks;
  readonly #chain = Buffer.alloc(HASH_BYTES);
  #segment: OpenSegment;
  /** The segment after this one, once it is being made ready; undefined where that failed. */
  #next: Promise<ReadySegment | undefined> | undefined;
  #failure: AppendFailure | null = null;

  private constructor(options: LogCoreOptions, start: LogStart, files: { head: HeadFile; file: LogFile }) {
    this.#options = options;
    this.#head = files.head;
    this.#peaks = new Peaks(start.size, start.peaks);
    this.#durable = new Peaks(start.size, start.peaks);
    this.#chain.set(start.chain);
    this.#segment = { ...start.segment, file: files.file };
  }

  /** Opens the files of a log where `start` says that it ends. @throws the system's error */
  static async open(options: LogCoreOptions, start: LogStart): Promise<LogCore> {
    const { fs, folder } = options;
    const head = await HeadFile.open(fs, folder);
    try {
      const file = await fs.open(segmentPath(folder, start.segment.number), 'write');
      return new LogCore(options, start, { head, file });
    } catch (error) {
      await head.close();
      throw error;
    }
  }

  /** See LogEngine. The caller waits for one outcome before it gives the next batch. */
  async append({ bytes, count, atWallMs }: EngineBatch): Promise<BatchOutcome> {
    const firstIndex = this.#durable.size;
    const previousChain = Uint8Array.prototype.slice.call(this.#chain);
    const space = Buffer.allocUnsafeSlow(count * 3 * HASH_BYTES).fill(0);
    const column = (at: number): Buffer =>
      space.subarray(at * count * HASH_BYTES, (at + 1) * count * HASH_BYTES);
    const progress: BatchProgress = {
      columns: { leaves: column(0), chains: column(1), rows: column(2), completed: [] },
      cursor: { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0, done: 0, count },
      parts: [],
      hasBegunSegment: false,
    };
    let failure: AppendFailure | null;
    try {
      failure = await this.#appendParts(progress, atWallMs);
    } catch (defect) {
      // A defect of ours must not leave writers waiting for ever, nor end the process.
      failure = this.#fail(defect);
    }
    const durableCount = this.#durable.size - firstIndex;
    const { columns, parts, hasBegunSegment } = progress;
    const durable = (of: Buffer): Uint8Array => of.subarray(0, durableCount * HASH_BYTES);
    return {
      firstIndex,
      durableCount,
      leaves: durable(columns.leaves),
      chains: durable(columns.chains),
      rows: durable(columns.rows),
      previousChain,
      completed: columns.completed,
      parts,
      hasBegunSegment,
      failure,
    };
  }

  /** See LogEngine. */
  async seal(): Promise<LogHead> {
    const head = {
      size: this.#durable.size,
      root: this.#durable.root(),
      chain: Uint8Array.prototype.slice.call(this.#chain),
    };
    if (head.size > this.#head.head.size) await this.#head.save(head);
    return head;
  }

  /** See LogEngine. */
  async close(): Promise<void> {
    this.#failure ??= { outcome: 'refused', message: 'the log is closed', code: undefined };
    await (await this.#next)?.file.close();
    await this.#segment.file.close();
    await this.#head.close();
  }

  async #appendParts(progress: BatchProgress, atWallMs: number): Promise<AppendFailure | null> {
    const { cursor } = progress;
    while (cursor.done < cursor.count) {
      if (this.#failure) return { ...this.#failure, outcome: 'refused' };
      const failure = await this.#part(progress, atWallMs);
      if (failure) return failure;
    }
    return null;
  }

  /** Writes and syncs as many entries as fit, or goes on to the next segment. */
  async #part(progress: BatchProgress, atWallMs: number): Promise<AppendFailure | null> {
    const segment = this.#segment;
    const { columns, cursor, parts } = progress;
    const completedBefore = columns.completed.length;
    this.#builder.start(this.#chain, this.#durable.size);
    const roomBytes = segment.sizeBytes - segment.offset;
    const place = { atWallMs, segment: segment.number, offset: segment.offset, roomBytes };
    const count = this.#builder.build(cursor, this.#peaks, columns, place);
    if (count === 0) return this.#roll();
    const startedMs = this.#options.clock.monotonicMs();
    const failure = await this.#write(segment);
    if (failure) {
      this.#peaks.copyFrom(this.#durable);
      columns.completed.length = completedBefore;
      return failure;
    }
    parts.push({ count, elapsedMs: this.#options.clock.monotonicMs() - startedMs });
    if (segment.offset === SEGMENT_HEADER_BYTES) progress.hasBegunSegment = true;
    segment.isFresh = false;
    segment.offset += this.#builder.bytes.length;
    this.#chain.set(this.#builder.chain);
    this.#durable.copyFrom(this.#peaks);
    // The next segment is made ready before this one is full, or its zeros would delay an append.
    if (segment.offset > segment.sizeBytes / 4) this.#next ??= this.#prepare().catch(() => undefined);
    return null;
  }

  async #write(segment: OpenSegment): Promise<AppendFailure | null> {
    const { bytes } = this.#builder;
    try {
      if (segment.isFresh) await this.#writeHeader(segment);
      await writeAll(segment.file, bytes, segment.offset);
    } catch (cause) {
      return this.#undo(segment, bytes.length, cause);
    }
    try {
      await segment.file.datasync();
      return null;
    } catch (cause) {
      // After a failed sync the system may have dropped the pages and call them clean: only a new open may go
      // on.
      return this.#fail(cause);
    }
  }

  /** A write failed: the bytes are wiped, so that nothing half-written can be read as an entry later. */
  async #undo(segment: OpenSegment, byteLength: number, cause: unknown): Promise<AppendFailure> {
    const { file, offset, isFresh } = segment;
    try {
      if (isFresh) await writeAll(file, new Uint8Array(SEGMENT_HEADER_BYTES), 0);
      await writeAll(file, new Uint8Array(byteLength), offset);
      await file.datasync();
    } catch (second) {
      return this.#fail(second);
    }
    return { outcome: 'refused', message: 'the entry was not written', code: codeOf(cause) };
  }

  #fail(cause: unknown): AppendFailure {
    const message = 'the log takes no entries until it is opened again';
    this.#failure = { outcome: 'unknown', message, code: codeOf(cause) };
    return this.#failure;
  }

  async #writeHeader({ file, number }: OpenSegment): Promise<void> {
    const header = { number, firstIndex: this.#durable.size, chain: this.#chain };
    await writeAll(file, encodeSegmentHeader(header), 0);
  }

  /** Goes on to the next segment; without room for one, the batch is refused and the log stays as it is. */
  async #roll(): Promise<AppendFailure | null> {
    try {
      // Tried again when the segment is full; only then it is somebody's error.
      const next = (await this.#next) ?? (await this.#prepare());
      this.#next = undefined;
      const last = this.#segment.file;
      this.#segment = { ...next, offset: SEGMENT_HEADER_BYTES, isFresh: true };
      await last.close();
      return null;
    } catch (cause) {
      this.#next = undefined;
      return { outcome: 'refused', message: 'there is no room for another segment', code: codeOf(cause) };
    }
  }

  #prepare(): Promise<ReadySegment> {
    const { fs, folder, segmentBytes } = this.#options;
    return readySegment(fs, folder, { number: this.#segment.number + 1, segmentBytes });
  }
}
