/**
 * The one writer of a log's files: group commit, one `fdatasync` per part of a batch, outcome only after it.
 *
 * While a batch is synced the next one is built; it is written only when that sync has succeeded.
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
import { BatchColumns, HASH_BYTES } from './batch-columns.ts';
import { FrameBuilder, type BatchCursor, type FrameStart } from './frame-builder.ts';
import { FrameCopier } from './frame-copier.ts';
import type {
  AppendFailure,
  BatchOutcome,
  EngineBatch,
  EngineFrames,
  EngineWritten,
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
  /** Told of the frames of batches, in order, when they are written and before they are synced. */
  readonly onWritten?: ((written: EngineWritten) => void) | undefined;
}

/** Gives the frames of a batch: makes them, or takes those that another node made. */
interface FrameSource {
  readonly bytes: Buffer;
  readonly chain: Uint8Array;
  start(chain: Uint8Array, syncedSize: number): void;
  /** @throws verification_failed, too_large before anything of it is written */
  build(cursor: BatchCursor, peaks: Peaks, into: BatchColumns, start: FrameStart): number;
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
  readonly source: FrameSource;
  readonly columns: BatchColumns;
  readonly cursor: BatchCursor;
  readonly parts: SyncedPart[];
  hasBegunSegment: boolean;
}

/** See the head of the file. */
export class LogCore implements LogEngine {
  // One batch is built while another is synced.
  readonly depth = 2;
  readonly #options: LogCoreOptions;
  readonly #head: HeadFile;
  readonly #builder = new FrameBuilder();
  #copier: FrameCopier | undefined;
  /** Tree with the frames that are being built. */
  readonly #peaks: Peaks;
  /** Tree and chain of what is written. */
  readonly #written: Peaks;
  readonly #chain = Buffer.alloc(HASH_BYTES);
  /** Tree and chain of the durable entries alone. */
  readonly #durable: Peaks;
  readonly #durableChain = Buffer.alloc(HASH_BYTES);
  #segment: OpenSegment;
  /** The batch before is written, or refused. */
  #turn: Promise<void> = Promise.resolve();
  /** The sync of what was written last. */
  #syncing: Promise<AppendFailure | null> = Promise.resolve(null);
  /** The segment after this one, once it is being made ready; undefined where that failed. */
  #next: Promise<ReadySegment | undefined> | undefined;
  #failure: AppendFailure | null = null;

  private constructor(options: LogCoreOptions, start: LogStart, files: { head: HeadFile; file: LogFile }) {
    this.#options = options;
    this.#head = files.head;
    this.#peaks = new Peaks(start.size, start.peaks);
    this.#written = new Peaks(start.size, start.peaks);
    this.#durable = new Peaks(start.size, start.peaks);
    this.#chain.set(start.chain);
    this.#durableChain.set(start.chain);
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

  /** See LogEngine. */
  append(batch: EngineBatch): Promise<BatchOutcome> {
    return this.#inTurn(batch, this.#builder);
  }

  /** See LogEngine. */
  ingest({ bytes, count, root }: EngineFrames): Promise<BatchOutcome> {
    this.#copier ??= new FrameCopier();
    return this.#inTurn({ bytes, count, atWallMs: 0, root }, this.#copier);
  }

  /** See LogEngine. */
  async seal(): Promise<LogHead> {
    const head = await this.head();
    await this.save(head);
    return head;
  }

  /** See LogEngine. */
  async head(): Promise<LogHead> {
    return {
      size: this.#durable.size,
      root: this.#durable.root(),
      chain: Uint8Array.prototype.slice.call(this.#durableChain),
    };
  }

  /** See LogEngine. */
  async save(head: LogHead): Promise<void> {
    if (head.size > this.#head.head.size) await this.#head.save(head);
  }

  /** See LogEngine. */
  async close(): Promise<void> {
    this.#failure ??= { outcome: 'refused', message: 'the log is closed', code: undefined };
    await (await this.#next)?.file.close();
    await this.#segment.file.close();
    await this.#head.close();
  }

  async #inTurn(batch: EngineBatch & Partial<EngineFrames>, source: FrameSource): Promise<BatchOutcome> {
    const before = this.#turn;
    let pass = (): void => undefined;
    this.#turn = new Promise((resolve) => (pass = resolve));
    await before;
    try {
      return await this.#append(batch, source, pass);
    } finally {
      pass();
    }
  }

  /** `onWritten`: nothing but the sync is to be waited for, and the next batch may be built. */
  async #append(
    { bytes, count, atWallMs, root }: EngineBatch & Partial<EngineFrames>,
    source: FrameSource,
    onWritten: () => void,
  ): Promise<BatchOutcome> {
    const firstIndex = this.#written.size;
    const previousChain = Uint8Array.prototype.slice.call(this.#chain);
    const progress: BatchProgress = {
      source,
      columns: new BatchColumns(count),
      cursor: {
        bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
        at: 0,
        done: 0,
        count,
        root,
      },
      parts: [],
      hasBegunSegment: false,
    };
    let failure: AppendFailure | null;
    try {
      failure = await this.#appendParts(progress, atWallMs, onWritten);
    } catch (defect) {
      // A defect of ours must not leave writers waiting for ever, nor end the process.
      failure = this.#fail(defect);
    }
    const { columns, parts, hasBegunSegment } = progress;
    const durableCount = parts.reduce((sum, part) => sum + part.count, 0);
    return {
      firstIndex,
      durableCount,
      ...columns.first(durableCount),
      previousChain,
      completed: columns.completed,
      parts,
      hasBegunSegment,
      failure,
    };
  }

  async #appendParts(
    progress: BatchProgress,
    atWallMs: number,
    onWritten: () => void,
  ): Promise<AppendFailure | null> {
    const { columns, cursor, parts } = progress;
    while (cursor.done < cursor.count) {
      if (this.#failure) return { ...this.#failure, outcome: 'refused' };
      const completedBefore = columns.completed.length;
      const built = this.#build(progress, atWallMs);
      const count = typeof built === 'number' ? built : 0;
      const failure =
        typeof built !== 'number' ? built : count === 0 ? await this.#roll() : await this.#write(progress);
      if (failure) {
        this.#peaks.copyFrom(this.#written);
        columns.completed.length = completedBefore;
        return failure;
      }
      if (count === 0) continue;
      const startedMs = this.#options.clock.monotonicMs();
      if (cursor.done === cursor.count) onWritten();
      const lost = await this.#syncing;
      if (lost) {
        columns.completed.length = completedBefore;
        return lost;
      }
      parts.push({ count, elapsedMs: this.#options.clock.monotonicMs() - startedMs });
    }
    return null;
  }

  /** Builds as many entries as fit; their frames lie in the source. */
  #build({ source, columns, cursor }: BatchProgress, atWallMs: number): number | AppendFailure {
    const { number, sizeBytes, offset } = this.#segment;
    // What is written now is synced before these frames are written, or they never are.
    source.start(this.#chain, this.#written.size);
    const place = { atWallMs, segment: number, offset, roomBytes: sizeBytes - offset };
    try {
      return source.build(cursor, this.#peaks, columns, place);
    } catch (error) {
      // Frames of another node that cannot be taken; a defect of ours is told by the caller.
      if (source === this.#builder) throw error;
      return { outcome: 'refused', message: (error as Error).message, code: codeOf(error) };
    }
  }

  /** Writes what was built, as soon as everything before it is durable, and begins its sync. */
  async #write(progress: BatchProgress): Promise<AppendFailure | null> {
    // Those who wait for what was lost there are told by their own batch.
    if (await this.#syncing) return { ...this.#failure!, outcome: 'refused' };
    const segment = this.#segment;
    const { bytes, chain } = progress.source;
    try {
      if (segment.isFresh) await this.#writeHeader(segment);
      await writeAll(segment.file, bytes, segment.offset);
    } catch (cause) {
      return this.#undo(segment, bytes.length, cause);
    }
    if (segment.offset === SEGMENT_HEADER_BYTES) progress.hasBegunSegment = true;
    segment.isFresh = false;
    segment.offset += bytes.length;
    this.#chain.set(chain);
    const firstIndex = this.#written.size;
    this.#written.copyFrom(this.#peaks);
    if (this.#options.onWritten && progress.source === this.#builder) this.#tell(firstIndex, bytes);
    this.#syncing = this.#sync(segment.file);
    // The next segment is made ready before this one is full, or its zeros would delay an append.
    if (segment.offset > segment.sizeBytes / 4) this.#next ??= this.#prepare().catch(() => undefined);
    return null;
  }

  /** The bytes are copied: the builder's own are overwritten by the next batch. */
  #tell(firstIndex: number, bytes: Buffer): void {
    const count = this.#written.size - firstIndex;
    const copy = Uint8Array.prototype.slice.call(bytes);
    this.#options.onWritten!({ firstIndex, count, bytes: copy, root: this.#written.root() });
  }

  async #sync(file: LogFile): Promise<AppendFailure | null> {
    try {
      await file.datasync();
    } catch (cause) {
      // After a failed sync the system may have dropped the pages and call them clean: only a new open may go
      // on.
      return this.#fail(cause);
    }
    // Nothing is written while a sync is under way.
    this.#durable.copyFrom(this.#written);
    this.#durableChain.set(this.#chain);
    return null;
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
    const header = { number, firstIndex: this.#written.size, chain: this.#chain };
    await writeAll(file, encodeSegmentHeader(header), 0);
  }

  /** Goes on to the next segment; without room for one, the batch is refused and the log stays as it is. */
  async #roll(): Promise<AppendFailure | null> {
    if (await this.#syncing) return { ...this.#failure!, outcome: 'refused' };
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
