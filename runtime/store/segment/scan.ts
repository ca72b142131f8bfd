/** Reads a log from its files, entry by entry, and says where and how it ends. */
import {
  chainNext,
  chainStart,
  hashText,
  peekHeader,
  type EntryHeader,
} from '../../../contracts/ledger/leaf.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { readAll, type LogFileSystem } from './file-system.ts';
import { isZero, readFrame, syncedAfter, type Frame } from './frame.ts';
import { decodeSegmentHeader, listSegments, SEGMENT_HEADER_BYTES, segmentPath } from './segment-file.ts';

/** One entry found by a scan; `frame` is a view that the next step overwrites. */
export interface ScannedEntry {
  readonly segment: number;
  readonly offset: number;
  readonly frame: Frame;
  readonly header: Omit<EntryHeader, 'tenant' | 'previous'>;
  readonly leafHash: Uint8Array;
}

/** What is wrong with the bytes where the next entry should begin. */
export interface BrokenRecord {
  readonly index: number;
  /** Decision of the damaged entry, where its text still shows one. */
  readonly decisionId: string | null;
  /** Part of the record that does not match. */
  readonly field: string;
  readonly segment: number;
  readonly offset: number;
}

/** Where the whole entries end. */
export interface ScanEnd {
  readonly size: number;
  readonly chain: Uint8Array;
  readonly generation: number;
  /** Segment and offset at which the next frame belongs; -1 when there is no segment. */
  readonly segment: number;
  readonly offset: number;
  /** The last segment has no header yet. */
  readonly isFresh: boolean;
  /** Bytes after the last whole entry that are not zero, or an unreadable last segment. */
  readonly broken: BrokenRecord | null;
  /** Entries that later frames call synced: more than `size` proves damage. */
  readonly provenSize: number;
}

/** A place between two entries at which a scan may begin. */
export interface ScanFrom {
  /** Entries before it. */
  readonly size: number;
  /** Hash chain there. */
  readonly chain: Uint8Array;
  readonly generation: number;
  readonly segment: number;
  readonly offset: number;
}

/**
 * Scans the log, from its start or from a place that the caller knows to be one. Entries come in order,
 * each checked for CRC, index, and hash chain; the scan ends at the
 * first that fails. Whether that is a torn tail or damage is for the caller to judge, from {@link ScanEnd}.
 */
export async function* scanLog(
  fs: LogFileSystem,
  folder: string,
  logId: string,
  from?: ScanFrom,
): AsyncGenerator<ScannedEntry, ScanEnd> {
  const numbers = await listSegments(fs, folder);
  const walk = new Walk(chainStart(logId, sha256));
  if (from) walk.resume(from);
  for (const [place, number] of numbers.entries()) {
    if (place < (from?.segment ?? 0)) continue;
    const bytes = await readSegment(fs, segmentPath(folder, number));
    const rest = numbers.slice(place + 1);
    const isResumed = place === from?.segment;
    if (!isResumed && !walk.enter(number, place, bytes))
      return walk.end(await synced(fs, folder, { bytes, from: 0, rest }));
    for (let entry = walk.next(bytes); entry; entry = walk.next(bytes)) yield entry;
    const followed = rest.length > 0 && !walk.broken;
    if (!followed) return walk.end(await synced(fs, folder, { bytes, from: walk.offset, rest }));
  }
  return walk.end(0);
}

class Walk {
  size = 0;
  chain: Uint8Array;
  generation = 0;
  segment = -1;
  offset = 0;
  isFresh = false;
  broken: BrokenRecord | null = null;

  constructor(chain: Uint8Array) {
    this.chain = chain;
  }

  /** Begins in the middle. */
  resume({ size, chain, generation, segment, offset }: ScanFrom): void {
    Object.assign(this, { size, chain, generation, segment, offset });
  }

  /** Begins a segment; false when its header does not continue the log. */
  enter(number: number, place: number, bytes: Buffer): boolean {
    const before = { segment: this.segment, offset: this.offset };
    this.segment = number;
    this.offset = SEGMENT_HEADER_BYTES;
    const header = decodeSegmentHeader(bytes);
    const continues =
      header && number === place && header.number === number && header.firstIndex === this.size;
    this.isFresh = false;
    if (continues && Buffer.compare(header.chain, this.chain) === 0) return true;
    // A segment that was made ready and never written to is all zeros: the log ends before it.
    if (isZero(bytes) && number === place) {
      if (place > 0) Object.assign(this, before);
      else this.isFresh = true;
      return false;
    }
    this.isFresh = true;
    this.#break('segment-header', 0, null);
    return false;
  }

  next(bytes: Buffer): ScannedEntry | undefined {
    const at = this.offset;
    const frame = readFrame(bytes, at);
    if (frame === 'empty') {
      // A wiped header hides what follows it; zeros to the end do not.
      if (!isZero(bytes.subarray(at))) this.#break('frame', at, null);
      return undefined;
    }
    if (typeof frame === 'string')
      return this.#break(frame === 'crc' ? 'bytes' : `frame-${frame}`, at, decisionAt(bytes, at));
    const text = frame.text.toString('utf8', 0, 400);
    const header = peekHeader(text);
    const decisionId = header?.decisionId ?? null;
    if (frame.index !== this.size || header?.index !== this.size) return this.#break('index', at, decisionId);
    if (!(frame.text.lastIndexOf(`"previous":"${hashText(this.chain)}"`) >= 0))
      return this.#break('previous', at, decisionId);
    const leafHash = sha256(frame.leaf);
    const chain = chainNext(this.chain, leafHash, sha256);
    if (Buffer.compare(chain, frame.chain) !== 0) return this.#break('chainHash', at, decisionId);
    this.size += 1;
    this.chain = chain;
    this.generation = Math.max(this.generation, frame.generation);
    this.offset = at + frame.byteLength;
    return { segment: this.segment, offset: at, frame, header, leafHash };
  }

  end(provenSize: number): ScanEnd {
    const { size, chain, generation, segment, offset, isFresh, broken } = this;
    return { size, chain, generation, segment, offset, isFresh, broken, provenSize };
  }

  #break(field: string, offset: number, decisionId: string | null): undefined {
    this.broken = { index: this.size, decisionId, field, segment: this.segment, offset };
    return undefined;
  }
}

/** Highest synced size that the bytes after the end of the scan speak of. */
async function synced(
  fs: LogFileSystem,
  folder: string,
  { bytes, from, rest }: { bytes: Buffer; from: number; rest: readonly number[] },
): Promise<number> {
  let proven = syncedAfter(bytes, from);
  for (const number of rest) {
    proven = Math.max(proven, syncedAfter(await readSegment(fs, segmentPath(folder, number)), 0));
  }
  return proven;
}

async function readSegment(fs: LogFileSystem, path: string): Promise<Buffer> {
  const file = await fs.open(path, 'read');
  try {
    const bytes = Buffer.allocUnsafe(await file.sizeBytes());
    return bytes.subarray(0, await readAll(file, bytes, 0));
  } finally {
    await file.close();
  }
}

function decisionAt(bytes: Buffer, at: number): string | null {
  return /"decisionId":"(d[0-9a-f]{32})"/.exec(bytes.toString('latin1', at, at + 400))?.[1] ?? null;
}
