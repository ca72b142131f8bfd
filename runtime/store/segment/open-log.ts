/** Opens a log's files: reads every entry, cuts a torn tail, refuses damage to what was acknowledged. */
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { equalBytes } from '../../../contracts/ledger/bytes.ts';
import { chainStart } from '../../../contracts/ledger/leaf.ts';
import { emptyRoot } from '../../../contracts/ledger/tree/merkle.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { LogColumns, type ColumnMark } from './columns/log-columns.ts';
import { encodeRow } from './core/entry-row.ts';
import type { LogStart } from './core/log-engine.ts';
import { HASH_BYTES } from './core/batch-columns.ts';
import { Peaks, type TileHash } from './core/peaks.ts';
import { codeOf, readAll, writeAll, type LogFile } from './file-system.ts';
import { HeadFile, type LogHead } from './head-file.ts';
import { LogState, type LogFiles } from './log-state.ts';
import { finishTruncation } from './replica/truncate-log.ts';
import { scanLog, type BrokenRecord, type ScanEnd } from './scan.ts';
import { listSegments, readySegment, SEGMENT_HEADER_BYTES, segmentPath } from './segment-file.ts';

// Rows that are read at once when a log is opened: 2 MiB.
const ROWS_AT_ONCE = 65_536;
const MANIFEST = 'log.json';

/** First file of a log: version of its form and its name. */
export const LogManifest = z.strictObject({ format: z.literal('witan-log/1'), logId: z.string() });

/** An opened log, ready to be written. */
export interface OpenedLog {
  readonly state: LogState;
  /** Where its writer goes on. */
  readonly start: LogStart;
  /** Highest generation that any writer had. */
  readonly generation: number;
  /** The head that was durable when it was opened. */
  readonly head: LogHead;
  /** Bytes after the last whole entry were cut: entries that nobody was told of. */
  readonly isTailCut: boolean;
}

/** What is opened. */
export interface OpenLogOptions extends LogFiles {
  readonly logId: string;
  readonly segmentBytes: number;
  /**
   * Entries from which on a log is not read as a whole: what lies before the last mark of its columns is
   * taken
   * from those, and checked when it is read, or by `witan fsck`.
   */
  readonly scanWholeBelow: number;
}

/**
 * Opens or creates a log. The caller holds the lock.
 * @throws verification_failed naming the record (index, decisionId, field) when acknowledged entries are
 * damaged,
 *   config_invalid for a log of another name, storage_failed
 */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { fs, folder } = options;
  const manifest = await readManifest(options);
  if (manifest && manifest.logId !== options.logId) {
    const details = { path: 'logId', expected: manifest.logId };
    throw new WitanError('config_invalid', `the folder holds the log ${manifest.logId}`, details);
  }
  const hasSegments = (await listSegments(fs, folder)).length > 0;
  if (!manifest) await createManifest(options, hasSegments);
  await finishTruncation(options);
  const isNew = !hasSegments && !(await hasHead(options));
  if (isNew) await createHead(options);
  const head = await HeadFile.read(fs, folder);
  const { state, end, peaks } = await replayed(options, head);
  try {
    const segment = await settledSegment(options, end, state.size === head.size && !end.broken);
    const { size, chain } = end;
    const start = { size, chain, peaks, segment };
    return { state, start, head, generation: end.generation, isTailCut: end.broken !== null };
  } catch (error) {
    await state.columns.close();
    throw error;
  }
}

/** Manifest of a log folder, or undefined in an empty one. @throws verification_failed when it is damaged */
export async function readManifest({
  fs,
  folder,
}: LogFiles): Promise<z.infer<typeof LogManifest> | undefined> {
  const text = await fs.readText(join(folder, MANIFEST));
  if (text === undefined) return undefined;
  try {
    return LogManifest.parse(JSON.parse(text));
  } catch (cause) {
    const details = { field: MANIFEST, expected: 'witan-log/1' };
    throw new WitanError('verification_failed', 'the manifest of the log is damaged', details, cause);
  }
}

/** The error for a record that does not match, with everything that is known of it. */
export function brokenRecordError(broken: BrokenRecord): WitanError {
  const { index, field } = broken;
  return new WitanError('verification_failed', `record ${index} is damaged: ${field} does not match`, {
    ...broken,
  });
}

async function createManifest({ fs, folder, logId }: OpenLogOptions, hasSegments: boolean): Promise<void> {
  if (hasSegments) {
    const details = { field: MANIFEST, expected: 'a manifest beside the segments' };
    throw new WitanError('verification_failed', 'the manifest of the log is gone', details);
  }
  const text = `${JSON.stringify({ format: 'witan-log/1', logId })}\n`;
  await fs.replaceText(join(folder, MANIFEST), text, { durable: true });
}

async function hasHead({ fs, folder }: LogFiles): Promise<boolean> {
  try {
    await HeadFile.read(fs, folder);
    return true;
  } catch (error) {
    // A head that is torn before the first segment exists was never relied on: it is made anew.
    if (codeOf(error) === 'verification_failed') return false;
    throw error;
  }
}

async function createHead({ fs, folder, logId }: OpenLogOptions): Promise<void> {
  const empty = { size: 0, root: emptyRoot(sha256), chain: chainStart(logId, sha256) };
  await (await HeadFile.create(fs, folder, empty)).close();
}

/** A log that was read to its end. */
interface ReplayedLog {
  readonly state: LogState;
  readonly end: ScanEnd;
  readonly peaks: readonly Uint8Array[];
}

/** Reads the log from the last mark of its columns where that may be trusted, else as a whole. */
async function replayed(options: OpenLogOptions, head: LogHead): Promise<ReplayedLog> {
  const { fs, folder, scanWholeBelow } = options;
  const mark = await LogColumns.mark(fs, folder);
  if (mark && mark.size >= scanWholeBelow && mark.size <= head.size) {
    // Whatever is wrong with the columns, the whole log knows better, or names what is damaged.
    const log = await replay(options, head, mark).catch(() => undefined);
    if (log) return log;
  }
  return replay(options, head);
}

async function replay(options: OpenLogOptions, head: LogHead, from?: ColumnMark): Promise<ReplayedLog> {
  const { fs, folder, logId } = options;
  const columns = await LogColumns.open(fs, folder, from);
  try {
    const state = new LogState(columns);
    for (let at = 0; at < columns.size; at += ROWS_AT_ONCE) {
      state.index(await columns.rows(at, Math.min(ROWS_AT_ONCE, columns.size - at)), at);
    }
    const peaks = new Peaks(columns.size, await columns.tree.peaks(columns.size));
    const scan = scanLog(fs, folder, logId, from);
    const leaf = new Uint8Array(HASH_BYTES);
    const leafWords = new Int32Array(leaf.buffer);
    for (;;) {
      const step = await scan.next();
      if (step.done) {
        await judge(state, step.value, head);
        return { state, end: step.value, peaks: peaks.hashes() };
      }
      const { header, leafHash, segment, offset, frame } = step.value;
      const { decisionId, kind } = header;
      const rows = encodeRow({ segment, offset, byteLength: frame.byteLength, kind, decisionId });
      const completed: TileHash[] = [];
      leaf.set(leafHash);
      peaks.append(leafWords, 0, completed);
      state.add({ leaves: leaf, rows, completed });
    }
  } catch (error) {
    await columns.close();
    throw error;
  }
}

/** Damage is what contradicts an acknowledgement; everything else at the end is a torn tail. */
async function judge(state: LogState, end: ScanEnd, head: LogHead): Promise<void> {
  const acknowledged = Math.max(head.size, end.provenSize);
  if (acknowledged > state.size) {
    const missing = {
      index: state.size,
      decisionId: null,
      field: 'missing',
      segment: end.segment,
      offset: end.offset,
    };
    throw brokenRecordError(end.broken ?? missing);
  }
  if (!equalBytes(await state.columns.tree.root(head.size), head.root)) {
    const details = { field: 'head.root', size: head.size };
    throw new WitanError(
      'verification_failed',
      `the first ${head.size} records have another root than sealed`,
      details,
    );
  }
}

/** Segment that is written next, with everything before its end on the disk. */
async function settledSegment(
  { fs, folder, segmentBytes }: OpenLogOptions,
  end: ScanEnd,
  isSealed: boolean,
): Promise<LogStart['segment']> {
  if (end.segment < 0) {
    await (await readySegment(fs, folder, { number: 0, segmentBytes })).file.close();
    return { number: 0, sizeBytes: segmentBytes, offset: SEGMENT_HEADER_BYTES, isFresh: true };
  }
  const { segment: number, offset, isFresh } = end;
  const file = await fs.open(segmentPath(folder, number), 'write');
  try {
    const sizeBytes = await file.sizeBytes();
    if (!isSealed) await settleTail(file, { sizeBytes, offset: isFresh ? 0 : offset });
    return { number, sizeBytes, offset, isFresh };
  } finally {
    await file.close();
  }
}

/**
 * Writes the unsealed end of the log again and wipes what follows it, then syncs: after a failed sync the
 * bytes may be in memory alone, and what was read here must be on the disk before anything is built on it.
 */
async function settleTail(
  file: LogFile,
  { sizeBytes, offset }: { readonly sizeBytes: number; readonly offset: number },
): Promise<void> {
  const bytes = Buffer.alloc(sizeBytes);
  await readAll(file, bytes, 0);
  bytes.fill(0, offset);
  await writeAll(file, bytes, 0);
  await file.datasync();
}
