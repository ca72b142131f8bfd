/** Beside the log: leaf hashes, hashes of higher tiles, and the place of each entry, all at fixed places. */
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import { fromHex, toHex } from '../../../../contracts/ledger/bytes.ts';
import { TILE_WIDTH, TileTree } from '../../../../contracts/ledger/tree/tile-tree.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import { ROW_BYTES } from '../core/entry-row.ts';
import type { TileHash } from '../core/peaks.ts';
import { codeOf, type LogFile, type LogFileSystem } from '../file-system.ts';
import { ColumnFile, type ColumnContent } from './column-file.ts';

/** A place in the log up to which the columns were durable. */
export interface ColumnMark {
  readonly size: number;
  readonly segment: number;
  readonly offset: number;
  /** Hash chain at that size. */
  readonly chain: Uint8Array;
  readonly generation: number;
  /** CRC-32 over each column: leaves, hashes of higher tiles by level, rows. */
  readonly checks: readonly number[];
}

const HASH_BYTES = 32;
const MAX_LEVEL = 7;
const FOLDER = 'columns';
const MARK = 'mark.json';
const MarkText = z.strictObject({
  format: z.literal('witan-columns/1'),
  size: z.int().min(0),
  segment: z.int().min(0),
  offset: z.int().min(0),
  chain: z.string().regex(/^[0-9a-f]{64}$/),
  generation: z.int().min(0),
  checks: z.array(z.int().min(0)).length(MAX_LEVEL + 2),
});

/** See the head of the file. */
export class LogColumns {
  readonly tree: TileTree;
  readonly #fs: LogFileSystem;
  readonly #folder: string;
  /** Levels of tiles: 0 holds the leaves. */
  readonly #levels: ColumnFile[];
  readonly #rows: ColumnFile;

  private constructor(fs: LogFileSystem, folder: string, files: { levels: ColumnFile[]; rows: ColumnFile }) {
    this.#fs = fs;
    this.#folder = folder;
    this.#levels = files.levels;
    this.#rows = files.rows;
    this.tree = new TileTree((level, index, width) => this.tile(level, index, width), sha256);
  }

  /**
   * Opens the columns of a log for writing: what they held at the mark, or nothing.
   * @throws verification_failed when they are not as they were at the mark, and the system's error
   */
  static async open(fs: LogFileSystem, logFolder: string, mark?: ColumnMark): Promise<LogColumns> {
    const size = mark?.size ?? 0;
    const folder = join(logFolder, FOLDER);
    await fs.createFolder(folder);
    const open = async (name: string, content: ColumnContent): Promise<ColumnFile> =>
      new ColumnFile(await openOrCreate(fs, join(folder, name)), content);
    const levels: ColumnFile[] = [];
    for (let level = 0; level <= MAX_LEVEL; level += 1) {
      const length = Math.floor(size / TILE_WIDTH ** level);
      levels.push(
        await open(`hashes-${level}`, { width: HASH_BYTES, length, check: mark?.checks[level] ?? 0 }),
      );
    }
    const check = mark?.checks[MAX_LEVEL + 1] ?? 0;
    const rows = await open('rows', { width: ROW_BYTES, length: size, check });
    const columns = new LogColumns(fs, folder, { levels, rows });
    if (await columns.#areWhole()) return columns;
    await columns.close();
    throw new WitanError('verification_failed', 'the columns of the log are not as they were', { folder });
  }

  /** The last mark; undefined when there is none, or none that can be read. */
  static async mark(fs: LogFileSystem, logFolder: string): Promise<ColumnMark | undefined> {
    const text = await fs.readText(join(logFolder, FOLDER, MARK));
    try {
      const { format: _format, chain, ...mark } = MarkText.parse(JSON.parse(text ?? ''));
      return { ...mark, chain: fromHex(chain) };
    } catch {
      return undefined;
    }
  }

  /** Forgets the last mark where it covers more than `size` entries, durably. @throws the system's error */
  static async cutMark(fs: LogFileSystem, logFolder: string, size: number): Promise<void> {
    const mark = await LogColumns.mark(fs, logFolder);
    if (mark && mark.size <= size) return;
    const folder = join(logFolder, FOLDER);
    await fs.createFolder(folder);
    await fs.remove(join(folder, MARK));
    await fs.syncFolder(folder);
  }

  /** Entries in the columns. */
  get size(): number {
    return this.#rows.length;
  }

  /** Takes up entries: 32 bytes of each in `leaves` and `rows`, and what became complete above them. */
  append(leaves: Uint8Array, rows: Uint8Array, completed: readonly TileHash[]): void {
    this.#levels[0]!.append(leaves);
    this.#rows.append(rows);
    for (const { level, hash } of completed) this.#levels[level]?.append(hash);
  }

  /** Leaf hashes of entries, one after the other. @throws storage_failed */
  leaves(from: number, count: number): Promise<Buffer> {
    return reading(this.#levels[0]!.read(from, count));
  }

  /** Rows of entries, one after the other. @throws storage_failed */
  rows(from: number, count: number): Promise<Buffer> {
    return reading(this.#rows.read(from, count));
  }

  /** Hash tile; the caller's, to keep. @throws not_found, storage_failed @source C2SP tlog-tiles */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    const first = index * TILE_WIDTH;
    const counts = [level, index, width].every((value) => Number.isSafeInteger(value) && value >= 0);
    const column = counts ? this.#levels[level] : undefined;
    if (!column || width < 1 || width > TILE_WIDTH || first + width > column.length) {
      const details = { level, index, width, size: this.size };
      throw new WitanError('not_found', 'the log does not fill the tile', details);
    }
    return reading(column.read(first, width));
  }

  /** CRC-32 over each column as it is now, for a mark. */
  checks(): number[] {
    return [...this.#levels, this.#rows].map(({ check }) => check);
  }

  /** Makes the columns durable up to a place of the log, and notes it. @throws the system's error */
  async keep(mark: ColumnMark): Promise<void> {
    for (const column of [...this.#levels, this.#rows]) await column.sync();
    const text = JSON.stringify({ format: 'witan-columns/1', ...mark, chain: toHex(mark.chain) });
    await this.#fs.replaceText(join(this.#folder, MARK), `${text}\n`, { durable: true });
  }

  async #areWhole(): Promise<boolean> {
    for (const column of [...this.#levels, this.#rows]) if (!(await column.isWhole())) return false;
    return true;
  }

  /** Writes what it can and closes the files. */
  async close(): Promise<void> {
    for (const column of [...this.#levels, this.#rows]) await column.close();
  }
}

async function openOrCreate(fs: LogFileSystem, path: string): Promise<LogFile> {
  try {
    return await fs.open(path, 'write');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return fs.open(path, 'create');
  }
}

async function reading(read: Promise<Buffer>): Promise<Buffer> {
  try {
    return await read;
  } catch (cause) {
    throw new WitanError('storage_failed', 'the columns of the log could not be read', {}, cause);
  }
}
