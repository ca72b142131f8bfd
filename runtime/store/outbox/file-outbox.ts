/**
 * An outbox in one file: a line for each record, synced before the append resolves.
 *
 * `WOB1 <crc-32, 8 hex digits> <sequence> <JSON>\n`. A line that is not whole at the very
 * end is what a crash leaves: it was never acknowledged and is cut off. Anything else is damage, and named
 * with its offset.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { WitanError } from '../../../contracts/errors.ts';
import type { OutboxPort } from '../../kernel/ports/outbox.ts';
import { codeOf, nodeFileSystem, readAll, writeAll } from '../segment/file-system.ts';
import type { LogFile, LogFileSystem } from '../segment/file-system.ts';

/** Where an outbox lies. */
export interface FileOutboxOptions {
  readonly folder: string;
  /** Name of the file (default `outbox.log`). */
  readonly name?: string;
  /** Default: the machine's own. */
  readonly fs?: LogFileSystem;
  /** Largest file that is read (default 512 MiB): it is held in memory. */
  readonly maxBytes?: number;
}

const MAGIC = 'WOB1';
const SPACE = 0x20;
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/**
 * Opens the outbox of a folder; an empty one where there is none.
 * @throws verification_failed with `details.offset` for a damaged file; too_large; storage_failed
 */
export async function openFileOutbox(options: FileOutboxOptions): Promise<OutboxPort> {
  const { folder, name = 'outbox.log', fs = nodeFileSystem, maxBytes = MAX_FILE_BYTES } = options;
  const path = join(folder, name);
  try {
    await fs.createFolder(folder);
    // What a compaction left that did not come to its rename.
    await fs.remove(`${path}.new`);
    const names = await fs.list(folder);
    const file = await fs.open(path, names.includes(name) ? 'write' : 'create');
    await fs.syncFolder(folder);
    const sizeBytes = await file.sizeBytes();
    // Read in part, it would be taken for one whose end was torn, and written over.
    if (sizeBytes > maxBytes) {
      await file.close();
      throw new WitanError('too_large', 'the outbox is larger than can be read', {
        path,
        sizeBytes,
        maxBytes,
      });
    }
    const bytes = Buffer.alloc(sizeBytes);
    const text = bytes.subarray(0, await readAll(file, bytes, 0));
    const { records, end } = readRecords(text, path);
    return new FileOutbox({ fs, folder, path }, file, { records, end, wasLength: text.length });
  } catch (cause) {
    throw failed(cause, path);
  }
}

interface Place {
  readonly fs: LogFileSystem;
  readonly folder: string;
  readonly path: string;
}

class FileOutbox implements OutboxPort {
  readonly #place: Place;
  #file: LogFile;
  #records: unknown[];
  #end: number;
  /** Bytes after the end that a crash left: overwritten with blanks before anything is added. */
  #tailBytes: number;
  #last: Promise<unknown> = Promise.resolve();
  #broken = false;

  constructor(place: Place, file: LogFile, found: { records: unknown[]; end: number; wasLength: number }) {
    this.#place = place;
    this.#file = file;
    this.#records = found.records;
    this.#end = found.end;
    this.#tailBytes = found.wasLength - found.end;
  }

  records(): readonly unknown[] {
    return this.#records;
  }

  append(record: unknown): Promise<void> {
    return this.#inTurn(async () => {
      const line = encodeRecord(record, this.#records.length);
      await this.#blankTail();
      await writeAll(this.#file, line, this.#end);
      await this.#file.datasync();
      this.#end += line.length;
      this.#records.push(record);
    });
  }

  compact(records: readonly unknown[]): Promise<void> {
    return this.#inTurn(async () => {
      const { fs, folder, path } = this.#place;
      const bytes = Buffer.concat(records.map(encodeRecord));
      await fs.remove(`${path}.new`);
      const file = await fs.open(`${path}.new`, 'create');
      await writeAll(file, bytes, 0);
      await file.datasync();
      await file.close();
      await fs.rename(`${path}.new`, path);
      await fs.syncFolder(folder);
      await this.#file.close();
      this.#file = await fs.open(path, 'write');
      this.#records = [...records];
      this.#end = bytes.length;
      this.#tailBytes = 0;
    });
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    this.#broken = true;
    await this.#file.close();
  }

  async #blankTail(): Promise<void> {
    if (this.#tailBytes === 0) return;
    await writeAll(this.#file, Buffer.alloc(this.#tailBytes, '\n'), this.#end);
    await this.#file.datasync();
    this.#tailBytes = 0;
  }

  /** One write at a time. After one that failed nobody knows what the file holds: it takes no more. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last
      .catch(() => undefined)
      .then(async () => {
        if (this.#broken)
          throw new WitanError('storage_failed', 'the outbox takes no more writes', {
            path: this.#place.path,
          });
        try {
          await work();
        } catch (cause) {
          this.#broken = true;
          throw failed(cause, this.#place.path);
        }
      });
    this.#last = turn;
    return turn;
  }
}

function encodeRecord(record: unknown, sequence: number): Buffer {
  const json = `${sequence} ${JSON.stringify(record)}`;
  const bytes = Buffer.from(json, 'utf8');
  return Buffer.from(`${MAGIC} ${crc32(bytes).toString(16).padStart(8, '0')} ${json}\n`, 'utf8');
}

interface Line {
  readonly sequence: number;
  readonly record: unknown;
}

function readRecords(bytes: Buffer, path: string): { records: unknown[]; end: number } {
  const records: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const stop = bytes.indexOf(10, at);
    // Blanks stand where the tail of an earlier crash was.
    if (stop === at) {
      at += 1;
      continue;
    }
    const line = stop < 0 ? undefined : readLine(bytes.subarray(at, stop));
    if (line?.sequence === records.length) {
      records.push(line.record);
      at = stop + 1;
      continue;
    }
    if (line || holdsWholeLine(bytes, at)) throw damaged(path, at, line ? 'sequence' : 'bytes');
    return { records, end: at };
  }
  return { records, end: bytes.length };
}

function readLine(line: Buffer): Line | undefined {
  const prefix = `${MAGIC} `.length;
  if (line.toString('latin1', 0, prefix) !== `${MAGIC} `) return undefined;
  const crc = line.toString('latin1', prefix, prefix + 8);
  const body = line.subarray(prefix + 9);
  if (line[prefix + 8] !== SPACE || crc !== crc32(body).toString(16).padStart(8, '0')) return undefined;
  const text = body.toString('utf8');
  const split = text.indexOf(' ');
  return { sequence: Number(text.slice(0, split)), record: JSON.parse(text.slice(split + 1)) as unknown };
}

/** Whether a whole record stands anywhere after `from`: then what is before it had been acknowledged. */
function holdsWholeLine(bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(MAGIC, from + 1); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    const stop = bytes.indexOf(10, at);
    if (stop >= 0 && readLine(bytes.subarray(at, stop))) return true;
  }
  return false;
}

function damaged(path: string, offset: number, field: string): WitanError {
  const message = `the outbox is damaged at byte ${offset}`;
  return new WitanError('verification_failed', message, { path, offset, field });
}

function failed(cause: unknown, path: string): WitanError {
  if (cause instanceof WitanError) return cause;
  return new WitanError(
    'storage_failed',
    'the outbox could not be written or read',
    { path, code: codeOf(cause) },
    cause,
  );
}
