/** Segment files: names, header, and preallocation so that a sync has no file size to write. */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeAll, type LogFile, type LogFileSystem } from './file-system.ts';

/** Bytes before the first frame. */
export const SEGMENT_HEADER_BYTES = 64;

const MAGIC = Buffer.from('WITANSG1', 'latin1');
const SPARE = 'spare.seg';
const FILL_BYTES = 1_048_576;

/** First bytes of a segment. */
export interface SegmentHeader {
  /** Position of the file in the log, from 0. */
  readonly number: number;
  /** Index of its first entry. */
  readonly firstIndex: number;
  /** Hash chain before its first entry. */
  readonly chain: Uint8Array;
}

/** Path of a segment. */
export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(10, '0')}.seg`);
}

/** Numbers of the segments in a folder, ascending. */
export async function listSegments(fs: LogFileSystem, folder: string): Promise<number[]> {
  const names = await fs.list(folder);
  return names.filter((name) => /^\d{10}\.seg$/.test(name)).map((name) => Number(name.slice(0, 10)));
}

/** Header as it is written: 64 bytes. */
export function encodeSegmentHeader({ number, firstIndex, chain }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUIntLE(number, 12, 6);
  bytes.writeUIntLE(firstIndex, 18, 6);
  bytes.set(chain, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  return bytes;
}

/** Header of a segment's bytes; undefined when it was never written whole. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  const head = bytes.subarray(0, SEGMENT_HEADER_BYTES);
  if (head.length < SEGMENT_HEADER_BYTES || !head.subarray(0, 8).equals(MAGIC)) return undefined;
  if (crc32(head.subarray(12)) !== head.readUInt32LE(8)) return undefined;
  return { number: head.readUIntLE(12, 6), firstIndex: head.readUIntLE(18, 6), chain: head.subarray(24, 56) };
}

/**
 * Makes a file of `segmentBytes` zeros under a spare name, durable.
 * A spare left from before is made anew: it may be half filled.
 */
async function prepareSpare(fs: LogFileSystem, folder: string, segmentBytes: number): Promise<void> {
  const path = join(folder, SPARE);
  await fs.remove(path);
  const file = await fs.open(path, 'create');
  try {
    const zeros = new Uint8Array(Math.min(FILL_BYTES, segmentBytes));
    for (let at = 0; at < segmentBytes; at += zeros.length) {
      await writeAll(file, zeros.subarray(0, Math.min(zeros.length, segmentBytes - at)), at);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A segment that is ready to be written: all zeros, its name durable. */
export interface ReadySegment {
  readonly number: number;
  readonly file: LogFile;
  readonly sizeBytes: number;
}

/**
 * Makes the segment `number` ready, ahead of its use: then going on to it waits for nothing. One that an
 * earlier
 * run made ready is taken as it is; the caller knows from its scan that nothing was written to it.
 */
export async function readySegment(
  fs: LogFileSystem,
  folder: string,
  { number, segmentBytes }: { readonly number: number; readonly segmentBytes: number },
): Promise<ReadySegment> {
  const isThere = (await listSegments(fs, folder)).includes(number);
  if (!isThere) await prepareSpare(fs, folder, segmentBytes);
  const path = segmentPath(folder, number);
  if (!isThere) await fs.rename(join(folder, SPARE), path);
  // Also of one that was there: whoever named it may have been stopped before this.
  await fs.syncFolder(folder);
  const file = await fs.open(path, 'write');
  return { number, file, sizeBytes: isThere ? await file.sizeBytes() : segmentBytes };
}
