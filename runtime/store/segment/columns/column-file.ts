/**
 * A file of rows of one width: the place of a row follows from its number.
 *
 * It is written behind the log and never before it, and not synced: what a crash leaves of it is made anew
 * from the log. Rows that are not in the file yet, also because the disk refuses them, are kept in memory.
 */
import { crc32 } from 'node:zlib';
import { readAll, writeAll, type LogFile } from '../file-system.ts';

const FIRST_ROWS = 64;
// Rows that wait in memory before they are written, when nobody asks for it.
const FLUSH_ROWS = 2_048;
const ROWS_AT_ONCE = 65_536;

/** What a file of rows holds when it is opened. */
export interface ColumnContent {
  /** Bytes of a row. */
  readonly width: number;
  /** Rows of the file that hold; those after them are overwritten. */
  readonly length: number;
  /** CRC-32 over them. */
  readonly check: number;
}

/** See the head of the file; one writer. */
export class ColumnFile {
  readonly #file: LogFile;
  readonly #width: number;
  /** Rows that are in the file. */
  #written: number;
  /** Rows from `written` on. */
  #tail: Buffer;
  #length: number;
  #check: number;
  #flushing: Promise<void> | undefined;

  constructor(file: LogFile, { width, length, check }: ColumnContent) {
    this.#file = file;
    this.#check = check;
    this.#width = width;
    this.#written = length;
    this.#length = length;
    this.#tail = Buffer.alloc(FIRST_ROWS * width);
  }

  /** Rows. */
  get length(): number {
    return this.#length;
  }

  /** CRC-32 over all rows. */
  get check(): number {
    return this.#check;
  }

  /** Adds whole rows (copied). */
  append(rows: Uint8Array): void {
    this.#check = crc32(rows, this.#check);
    const at = (this.#length - this.#written) * this.#width;
    if (at + rows.length > this.#tail.length) {
      const larger = Buffer.alloc(Math.max(this.#tail.length * 2, at + rows.length));
      this.#tail.copy(larger, 0, 0, at);
      this.#tail = larger;
    }
    this.#tail.set(rows, at);
    this.#length += rows.length / this.#width;
    if (this.#length - this.#written < FLUSH_ROWS || this.#flushing) return;
    // A disk that refuses costs memory, not the log; it is tried again with the next rows.
    this.flush().catch(() => undefined);
  }

  /** Rows `from` to `from + count - 1`, which must be there. @throws the system's error */
  async read(from: number, count: number): Promise<Buffer> {
    const width = this.#width;
    const inMemory = this.#fromTail(from, count);
    if (inMemory) return inMemory;
    const bytes = Buffer.allocUnsafe(count * width);
    const fileCount = Math.min(count, this.#written - from);
    const tail = this.#fromTail(from + fileCount, count - fileCount);
    const read = await readAll(this.#file, bytes.subarray(0, fileCount * width), from * width);
    if (read < fileCount * width) throw Object.assign(new Error('a column is too short'), { code: 'EIO' });
    tail?.copy(bytes, fileCount * width);
    return bytes;
  }

  /** Whether the rows in the file have the check that it was opened with. @throws the system's error */
  async isWhole(): Promise<boolean> {
    const length = this.#written;
    let check = 0;
    for (let at = 0; at < length; at += ROWS_AT_ONCE) {
      check = crc32(await this.read(at, Math.min(ROWS_AT_ONCE, length - at)), check);
    }
    return check === this.#check;
  }

  /** Resolves when all rows of this moment are in the file. @throws the system's error */
  async flush(): Promise<void> {
    const wanted = this.#length;
    while (this.#written < wanted) {
      this.#flushing ??= this.#write().finally(() => (this.#flushing = undefined));
      await this.#flushing;
    }
  }

  /** Makes all rows of this moment durable. @throws the system's error */
  async sync(): Promise<void> {
    await this.flush();
    await this.#file.datasync();
  }

  /** Writes what it can and closes the file. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    await this.#file.close();
  }

  #fromTail(from: number, count: number): Buffer | undefined {
    if (from < this.#written) return undefined;
    const at = (from - this.#written) * this.#width;
    return Buffer.from(this.#tail.subarray(at, at + count * this.#width));
  }

  async #write(): Promise<void> {
    const count = this.#length - this.#written;
    const byteLength = count * this.#width;
    // Readers look into the tail until the rows are in the file; a larger tail leaves these bytes as they
    // are.
    await writeAll(this.#file, this.#tail.subarray(0, byteLength), this.#written * this.#width);
    this.#tail.copy(this.#tail, 0, byteLength, (this.#length - this.#written) * this.#width);
    this.#written += count;
  }
}
