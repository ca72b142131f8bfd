/**
 * Cuts the end of a closed log: entries that were never acknowledged, which another copy does not have.
 *
 * What is to be cut is written down first, durably; then segments after the place are removed, and the
 * rest of its own segment is wiped; then the note goes. A crash at any step leaves the note, and whoever
 * opens the log does it all again. Nothing is appended before the note is gone for good.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import { LogColumns } from '../columns/log-columns.ts';
import type { EntryPlace } from '../core/entry-row.ts';
import { writeAll, type LogFileSystem } from '../file-system.ts';
import { HeadFile } from '../head-file.ts';
import type { LogFiles } from '../log-state.ts';
import { listSegments, SEGMENT_HEADER_BYTES, segmentPath } from '../segment-file.ts';

const NOTE = 'truncate.json';
const WIPE_BYTES = 1_048_576;
const TruncationNote = z.strictObject({
  format: z.literal('witan-truncate/1'),
  /** Entries that stay. */
  size: z.int().min(0),
  /** Where the first entry that goes begins. */
  segment: z.int().min(0),
  offset: z.int().min(SEGMENT_HEADER_BYTES),
});
type TruncationNote = z.infer<typeof TruncationNote>;

/**
 * Cuts a log after its first `size` entries. The caller holds the lock; nobody has the files open. `first` is
 * the place of the first entry that goes.
 * @throws verification_failed below the sealed head, and the system's error
 */
export async function truncateLog(
  files: LogFiles,
  size: number,
  first: Pick<EntryPlace, 'segment' | 'offset'>,
): Promise<void> {
  const { fs, folder } = files;
  await assertUnsealed(files, size);
  const { segment, offset } = first;
  const note: TruncationNote = { format: 'witan-truncate/1', size, segment, offset };
  await fs.replaceText(join(folder, NOTE), `${JSON.stringify(note)}\n`, { durable: true });
  await finishTruncation(files);
}

/**
 * Finishes what a crash interrupted; nothing to do in a log without a note. The caller holds the lock.
 * @throws verification_failed for a damaged note or below the sealed head, and the system's error
 */
export async function finishTruncation(files: LogFiles): Promise<void> {
  const { fs, folder } = files;
  const text = await fs.readText(join(folder, NOTE));
  if (text === undefined) return;
  const note = parsed(text);
  await assertUnsealed(files, note.size);
  // From the last one on, so that what is left is one piece; the note says what is still to be done.
  const later = (await listSegments(fs, folder)).filter((number) => number > note.segment).reverse();
  for (const number of later) await fs.remove(segmentPath(folder, number));
  await fs.syncFolder(folder);
  await wipe(fs, segmentPath(folder, note.segment), note.offset);
  await LogColumns.cutMark(fs, folder, note.size);
  await fs.remove(join(folder, NOTE));
  // A note that came back would cut what is appended from here on.
  await fs.syncFolder(folder);
}

/** Zeros from `offset` on; a segment whose first entry goes was never begun. */
async function wipe(fs: LogFileSystem, path: string, offset: number): Promise<void> {
  const file = await fs.open(path, 'write');
  try {
    const sizeBytes = await file.sizeBytes();
    const zeros = new Uint8Array(Math.min(WIPE_BYTES, sizeBytes));
    for (let at = offset === SEGMENT_HEADER_BYTES ? 0 : offset; at < sizeBytes; at += zeros.length) {
      await writeAll(file, zeros.subarray(0, Math.min(zeros.length, sizeBytes - at)), at);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A signed head covers what it covers for ever. */
async function assertUnsealed({ fs, folder }: LogFiles, size: number): Promise<void> {
  const head = await HeadFile.read(fs, folder);
  if (size >= head.size) return;
  const details = { size, sealedSize: head.size, field: 'head' };
  throw new WitanError('verification_failed', `the first ${head.size} entries are sealed and stay`, details);
}

function parsed(text: string): TruncationNote {
  try {
    return TruncationNote.parse(JSON.parse(text));
  } catch (cause) {
    const details = { field: NOTE, expected: 'witan-truncate/1' };
    throw new WitanError('verification_failed', 'the note of a truncation is damaged', details, cause);
  }
}
