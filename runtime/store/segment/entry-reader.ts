/** Reads entries from the segment files, by their places, and checks each against its leaf hash. */
import { WitanError } from '../../../contracts/errors.ts';
import { hashText } from '../../../contracts/ledger/leaf.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { LedgerEntry, LedgerEntryKind } from '../../kernel/ports/ledger.ts';
import { recordedEntry } from '../ledger/recorded-entry.ts';
import type { LogColumns } from './columns/log-columns.ts';
import { placeIn, ROW_BYTES, type EntryPlace } from './core/entry-row.ts';
import { HASH_BYTES } from './core/batch-columns.ts';
import { readAll, type LogFileSystem } from './file-system.ts';
import { readFrame } from './frame.ts';
import { segmentPath } from './segment-file.ts';

const MAX_READ_BYTES = 1_048_576;
const MAX_RUN = 256;
const MAX_FRAMES = 4_096;

/** See the head of the file. */
export class EntryReader {
  readonly #fs: LogFileSystem;
  readonly #folder: string;
  readonly #columns: LogColumns;

  constructor(fs: LogFileSystem, folder: string, columns: LogColumns) {
    this.#fs = fs;
    this.#folder = folder;
    this.#columns = columns;
  }

  /** One entry from its file. @throws verification_failed when the bytes changed, storage_failed */
  async read(index: number): Promise<LedgerEntry> {
    return (await this.readRun(index, index + 1))[0]!;
  }

  /** Entries from `from` on: as many as lie together, at least one, none past `to`. @throws as `read` */
  async readRun(from: number, to: number): Promise<LedgerEntry[]> {
    const rows = await this.#columns.rows(from, Math.min(to - from, MAX_RUN));
    const first = placeIn(rows, 0);
    const run: EntryPlace[] = [first];
    let end = first.offset + first.byteLength;
    for (let at = ROW_BYTES; at < rows.length; at += ROW_BYTES) {
      const place = placeIn(rows, at);
      const isNext = place.segment === first.segment && place.offset === end;
      if (!isNext || end + place.byteLength - first.offset > MAX_READ_BYTES) break;
      run.push(place);
      end += place.byteLength;
    }
    const bytes = await this.#bytes(first.segment, first.offset, end - first.offset);
    const leaves = await this.#columns.leaves(from, run.length);
    return run.map(({ offset }, nth) => {
      const leaf = leaves.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES);
      return decoded(bytes, offset - first.offset, { index: from + nth, leaf });
    });
  }

  /** Frames from `from` on as they lie in the file: as many as lie together, at least one. @throws as `read` */
  async frames(from: number, to: number, maxBytes: number): Promise<{ count: number; bytes: Buffer }> {
    const rows = await this.#columns.rows(from, Math.min(to - from, MAX_FRAMES));
    const { segment, offset, byteLength } = placeIn(rows, 0);
    let [end, count] = [offset + byteLength, 1];
    for (let at = ROW_BYTES; at < rows.length; at += ROW_BYTES) {
      const place = placeIn(rows, at);
      const isNext = place.segment === segment && place.offset === end;
      if (!isNext || end + place.byteLength - offset > maxBytes) break;
      end += place.byteLength;
      count += 1;
    }
    const bytes = await this.#bytes(segment, offset, end - offset);
    if (bytes.length === end - offset) return { count, bytes };
    throw new WitanError('storage_failed', 'a segment is too short', { segment, offset });
  }

  async #bytes(segment: number, offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    try {
      const file = await this.#fs.open(segmentPath(this.#folder, segment), 'read');
      try {
        return bytes.subarray(0, await readAll(file, bytes, offset));
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw new WitanError('storage_failed', 'the log could not be read', { segment, offset }, cause);
    }
  }
}

/** The entry whose frame lies at `at`. @throws verification_failed when it is not the one with that leaf */
function decoded(
  bytes: Buffer,
  at: number,
  { index, leaf }: { readonly index: number; readonly leaf: Buffer },
): LedgerEntry {
  const frame = readFrame(bytes, at);
  const isWhole = typeof frame !== 'string' && frame.index === index;
  if (!isWhole || Buffer.compare(sha256(frame.leaf), leaf) !== 0) {
    const details = { index, field: isWhole ? 'leafHash' : 'bytes' };
    throw new WitanError('verification_failed', `entry ${index} changed on the disk`, details);
  }
  const canonical = frame.text.toString('utf8');
  const { atWallMs, kind, tenant, decisionId } = JSON.parse(canonical) as {
    atWallMs: number;
    kind: LedgerEntryKind;
    tenant: string;
    decisionId?: DecisionId;
  };
  const hashes = { leafHash: hashText(leaf), chainHash: hashText(frame.chain) };
  return recordedEntry({ index, atWallMs, kind, tenant, decisionId, ...hashes }, () => canonical);
}
