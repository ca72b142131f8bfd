/** Writes the files of a log from its entries: what a restore leaves is what the node would have written. */
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { CompactRange } from '../../../contracts/ledger/tree/compact-range.ts';
import { chainStart } from '../../../contracts/ledger/leaf.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { writeAll } from '../segment/file-system.ts';
import type { LogFileSystem } from '../segment/file-system.ts';
import { FRAME_HEADER_BYTES, sealFrame } from '../segment/frame.ts';
import { HeadFile } from '../segment/head-file.ts';
import { CHECKPOINT_FILE } from '../segment/sealer.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentPath } from '../segment/segment-file.ts';
import type { ArchivedEntry } from './archive-reader.ts';

/** What a log is written to. */
export interface LogFilesOptions {
  readonly fs: LogFileSystem;
  /** Made; must not hold a log. */
  readonly folder: string;
  readonly logId: string;
  readonly segmentBytes: number;
}

/** Writes a log from its start; entries come in order and checked. Nothing is a log before {@link finish}. */
export class LogFilesWriter {
  readonly #options: LogFilesOptions;
  readonly #range = new CompactRange(sha256);
  #chain: Uint8Array;
  #buffer: Buffer;
  #offset = 0;
  #number = -1;
  #firstIndex = 0;

  constructor(options: LogFilesOptions) {
    this.#options = options;
    this.#chain = chainStart(options.logId, sha256);
    this.#buffer = Buffer.alloc(options.segmentBytes);
  }

  /** Makes the folder. @throws already_exists when it holds something */
  async begin(): Promise<void> {
    const { fs, folder } = this.#options;
    await fs.createFolder(folder);
    if ((await fs.list(folder)).length === 0) return;
    const details = { path: folder, expected: 'an empty folder' };
    throw new WitanError('already_exists', `${folder} is not empty`, details);
  }

  /** Adds an entry. */
  async append({ index, canonical, leafHash, chain }: ArchivedEntry): Promise<void> {
    if (index !== this.#range.size) throw new WitanError('internal', `entry ${index} out of order`);
    const text = Buffer.from(canonical);
    const byteLength = FRAME_HEADER_BYTES + text.length;
    if (this.#number < 0 || this.#offset + byteLength > this.#buffer.length) await this.#begin(byteLength);
    text.copy(this.#buffer, this.#offset + FRAME_HEADER_BYTES);
    const fields = { index, generation: 0, syncedSize: this.#firstIndex };
    sealFrame(this.#buffer, this.#offset, { ...fields, length: text.length, chain });
    this.#offset += byteLength;
    this.#range.append(leafHash);
    this.#chain = chain;
  }

  /** Entries so far, and their root as 64 hex digits. */
  get head(): { readonly size: number; readonly root: string } {
    return { size: this.#range.size, root: toHex(this.#range.root()) };
  }

  /** Writes the rest, the head and the newest signed checkpoint; durable when it resolves. */
  async finish(note: string | null): Promise<void> {
    const { fs, folder, logId } = this.#options;
    await this.#flush();
    const head = { size: this.#range.size, root: this.#range.root(), chain: this.#chain };
    await (await HeadFile.create(fs, folder, head)).close();
    if (note !== null) await fs.replaceText(join(folder, CHECKPOINT_FILE), note, { durable: true });
    // The manifest makes it a log: it comes last.
    const text = `${JSON.stringify({ format: 'witan-log/1', logId })}\n`;
    await fs.replaceText(join(folder, 'log.json'), text, { durable: true });
  }

  async #begin(byteLength: number): Promise<void> {
    await this.#flush();
    const { segmentBytes } = this.#options;
    const needed = Math.max(segmentBytes, SEGMENT_HEADER_BYTES + byteLength);
    this.#buffer = this.#buffer.length === needed ? this.#buffer.fill(0) : Buffer.alloc(needed);
    this.#number += 1;
    this.#firstIndex = this.#range.size;
    const header = { number: this.#number, firstIndex: this.#firstIndex, chain: this.#chain };
    encodeSegmentHeader(header).copy(this.#buffer);
    this.#offset = SEGMENT_HEADER_BYTES;
  }

  async #flush(): Promise<void> {
    if (this.#number < 0) return;
    const { fs, folder } = this.#options;
    const file = await fs.open(segmentPath(folder, this.#number), 'create');
    try {
      await writeAll(file, this.#buffer, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await fs.syncFolder(folder);
  }
}
