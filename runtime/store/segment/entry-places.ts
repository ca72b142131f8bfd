/** Where each entry lies in the segment files: two numbers per entry, kept in memory. */
import { WitanError } from '../../../contracts/errors.ts';
import type { MerkleTree } from '../../../contracts/ledger/merkle-tree.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { hashText } from '../../../contracts/ledger/leaf.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { LedgerEntry, LedgerEntryKind } from '../../kernel/ports/ledger.ts';
import { recordedEntry } from '../ledger/recorded-entry.ts';
import { readAll, type LogFileSystem } from './file-system.ts';
import { readFrame } from './frame.ts';
import { segmentPath } from './segment-file.ts';

const SEGMENT_SPAN = 2 ** 32;
const MAX_READ_BYTES = 1_048_576;

/** Places of all durable entries, and the reading of them. */
export class EntryPlaces {
  readonly #fs: LogFileSystem;
  readonly #folder: string;
  readonly #tree: MerkleTree;
  readonly #positions: number[] = [];
  readonly #lengths: number[] = [];

  constructor(fs: LogFileSystem, folder: string, tree: MerkleTree) {
    this.#fs = fs;
    this.#folder = folder;
    this.#tree = tree;
  }

  /** Notes the next entry. */
  add(segment: number, offset: number, byteLength: number): void {
    this.#positions.push(segment * SEGMENT_SPAN + offset);
    this.#lengths.push(byteLength);
  }

  /** One entry from its file. @throws verification_failed when the bytes changed, storage_failed */
  async read(index: number): Promise<LedgerEntry> {
    return (await this.readRun(index, index + 1))[0]!;
  }

  /** Entries from `from` on: as many as lie together, at least one, none past `to`. @throws as `read` */
  async readRun(from: number, to: number): Promise<LedgerEntry[]> {
    const segment = Math.floor(this.#positions[from]! / SEGMENT_SPAN);
    const start = this.#positions[from]! % SEGMENT_SPAN;
    let end = start;
    let count = 0;
    while (from + count < to && Math.floor(this.#positions[from + count]! / SEGMENT_SPAN) === segment) {
      const next = end + this.#lengths[from + count]!;
      if (count > 0 && next - start > MAX_READ_BYTES) break;
      end = next;
      count += 1;
    }
    const bytes = await this.#bytes(segment, start, end - start);
    const entries: LedgerEntry[] = [];
    for (let at = 0; entries.length < count; at += this.#lengths[from + entries.length - 1]!) {
      entries.push(this.#decode(bytes, at, from + entries.length));
    }
    return entries;
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

  #decode(bytes: Buffer, at: number, index: number): LedgerEntry {
    const frame = readFrame(bytes, at);
    const isWhole = typeof frame !== 'string' && frame.index === index;
    if (!isWhole || Buffer.compare(sha256(frame.leaf), this.#tree.leaf(index)) !== 0) {
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
    const hashes = { leafHash: hashText(this.#tree.leaf(index)), chainHash: hashText(frame.chain) };
    return recordedEntry({ index, atWallMs, kind, tenant, decisionId, ...hashes }, () => canonical);
  }
}
