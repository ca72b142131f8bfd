/** Opens a log's files: reads every entry, cuts a torn tail, refuses damage to what was acknowledged. */
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { equalBytes } from '../../../contracts/ledger/bytes.ts';
import { codeOf, readAll, writeAll, type LogFile } from './file-system.ts';
import { HeadFile } from './head-file.ts';
import { LogState, type LogFiles } from './log-state.ts';
import type { OpenSegment } from './log-writer.ts';
import { scanLog, type BrokenRecord, type ScanEnd } from './scan.ts';
import { listSegments, prepareSpare, SEGMENT_HEADER_BYTES, segmentPath, takeSpare } from './segment-file.ts';

const MANIFEST = 'log.json';

/** First file of a log: version of its form and its name. */
export const LogManifest = z.strictObject({ format: z.literal('witan-log/1'), logId: z.string() });

/** An opened log, ready to be written. */
export interface OpenedLog {
  readonly state: LogState;
  readonly head: HeadFile;
  readonly segment: OpenSegment;
  /** Bytes after the last whole entry were cut: entries that nobody was told of. */
  readonly isTailCut: boolean;
}

/** What is opened. */
export interface OpenLogOptions extends LogFiles {
  readonly logId: string;
  readonly segmentBytes: number;
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
  const state = new LogState(options, options.logId);
  if (!manifest) await createManifest(options, hasSegments);
  const isNew = !hasSegments && !(await hasHead(options));
  const head = isNew ? await HeadFile.create(fs, folder, state.head()) : await HeadFile.open(fs, folder);
  try {
    const end = await replay(options, state);
    judge(state, end, head);
    const segment = await openSegment(options, end);
    await settleTail(segment, { state, end, sealedSize: head.head.size });
    return { state, head, segment, isTailCut: end.broken !== null };
  } catch (error) {
    await head.close();
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

async function replay({ fs, folder, logId }: OpenLogOptions, state: LogState): Promise<ScanEnd> {
  const scan = scanLog(fs, folder, logId);
  for (;;) {
    const step = await scan.next();
    if (step.done) {
      state.chain = step.value.chain;
      state.generation = step.value.generation;
      return step.value;
    }
    const { header, leafHash, segment, offset, frame } = step.value;
    const { decisionId, kind } = header;
    state.add({ decisionId, kind, leafHash, segment, offset, byteLength: frame.byteLength });
  }
}

/** Damage is what contradicts an acknowledgement; everything else at the end is a torn tail. */
function judge(state: LogState, end: ScanEnd, { head }: HeadFile): void {
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
  if (!equalBytes(state.tree.root(head.size), head.root)) {
    const details = { field: 'head.root', size: head.size };
    throw new WitanError(
      'verification_failed',
      `the first ${head.size} records have another root than sealed`,
      details,
    );
  }
}

async function openSegment({ fs, folder, segmentBytes }: OpenLogOptions, end: ScanEnd): Promise<OpenSegment> {
  if (end.segment < 0) {
    await prepareSpare(fs, folder, segmentBytes);
    const file = await takeSpare(fs, folder, 0);
    return { number: 0, file, sizeBytes: segmentBytes, offset: SEGMENT_HEADER_BYTES, isFresh: true };
  }
  const file = await fs.open(segmentPath(folder, end.segment), 'write');
  const sizeBytes = await file.sizeBytes();
  return { number: end.segment, file, sizeBytes, offset: end.offset, isFresh: end.isFresh };
}

/**
 * Writes the unsealed end of the log again and wipes what follows it, then syncs: after a failed sync the
 * bytes may be in memory alone, and what was read here must be on the disk before anything is built on it.
 */
async function settleTail(
  segment: OpenSegment,
  { state, end, sealedSize }: { state: LogState; end: ScanEnd; sealedSize: number },
): Promise<void> {
  if (state.size === sealedSize && !end.broken) return;
  const { file, sizeBytes, offset, isFresh } = segment;
  const bytes = Buffer.alloc(sizeBytes);
  await readAll(file, bytes, 0);
  bytes.fill(0, isFresh ? 0 : offset);
  await writeWhole(file, bytes);
}

async function writeWhole(file: LogFile, bytes: Buffer): Promise<void> {
  await writeAll(file, bytes, 0);
  await file.datasync();
}
