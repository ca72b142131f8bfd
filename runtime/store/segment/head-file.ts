/**
 * The durable head of the log: (size, root, chain) is here before any checkpoint over it is signed.
 *
 * Two slots on separate disk pages are written in turn, so that a torn write leaves the other one whole.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { WitanError } from '../../../contracts/errors.ts';
import { codeOf, readAll, writeAll, type LogFile, type LogFileSystem } from './file-system.ts';

/** What the head commits the log to. */
export interface LogHead {
  readonly size: number;
  /** Merkle root, 32 bytes. */
  readonly root: Uint8Array;
  /** Hash chain, 32 bytes. */
  readonly chain: Uint8Array;
}

const NAME = 'head';
const MAGIC = Buffer.from('WHD1', 'latin1');
const SLOT_BYTES = 96;
const SLOT_STRIDE = 4_096;

/** Open head file; one writer at a time. */
export class HeadFile {
  readonly #file: LogFile;
  #sequence: number;
  #head: LogHead;

  private constructor(file: LogFile, sequence: number, head: LogHead) {
    this.#file = file;
    this.#sequence = sequence;
    this.#head = head;
  }

  /** Creates the head of a new log, durable with its folder entry. */
  static async create(fs: LogFileSystem, folder: string, head: LogHead): Promise<HeadFile> {
    await fs.remove(join(folder, NAME));
    const file = await fs.open(join(folder, NAME), 'create');
    const created = new HeadFile(file, 0, head);
    await writeAll(file, new Uint8Array(2 * SLOT_STRIDE), 0);
    await created.save(head);
    await fs.syncFolder(folder);
    return created;
  }

  /** Opens the head for writing. @throws verification_failed when no slot is whole */
  static async open(fs: LogFileSystem, folder: string): Promise<HeadFile> {
    const file = await openExisting(fs, folder, 'write');
    const newest = await newestSlot(file);
    if (newest) return new HeadFile(file, newest.sequence, newest.head);
    await file.close();
    throw noHead();
  }

  /**
   * Reads the head of a log that someone else may be writing. @throws verification_failed when no slot is
   * whole
   */
  static async read(fs: LogFileSystem, folder: string): Promise<LogHead> {
    const file = await openExisting(fs, folder, 'read');
    try {
      const newest = await newestSlot(file);
      if (!newest) throw noHead();
      return newest.head;
    } finally {
      await file.close();
    }
  }

  /** The newest durable head. */
  get head(): LogHead {
    return this.#head;
  }

  /** Replaces the head; resolves when it is on the disk. A failed save leaves the old head in force. */
  async save(head: LogHead): Promise<void> {
    if (head.size < this.#head.size) throw new WitanError('internal', 'a head never goes back');
    const sequence = this.#sequence + 1;
    await writeAll(this.#file, encodeSlot(sequence, head), (sequence % 2) * SLOT_STRIDE);
    await this.#file.datasync();
    this.#sequence = sequence;
    this.#head = head;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function openExisting(fs: LogFileSystem, folder: string, mode: 'read' | 'write'): Promise<LogFile> {
  try {
    return await fs.open(join(folder, NAME), mode);
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? noHead() : error;
  }
}

function encodeSlot(sequence: number, { size, root, chain }: LogHead): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUIntLE(sequence, 8, 6);
  bytes.writeUIntLE(size, 14, 6);
  bytes.set(root, 20);
  bytes.set(chain, 52);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

async function newestSlot(file: LogFile): Promise<{ sequence: number; head: LogHead } | undefined> {
  const bytes = Buffer.alloc(2 * SLOT_STRIDE);
  await readAll(file, bytes, 0);
  const slots = [0, SLOT_STRIDE].map((at) => decodeSlot(bytes.subarray(at, at + SLOT_BYTES)));
  return slots.filter((slot) => slot !== undefined).sort((left, right) => right.sequence - left.sequence)[0];
}

function decodeSlot(bytes: Buffer): { sequence: number; head: LogHead } | undefined {
  if (!bytes.subarray(0, 4).equals(MAGIC) || crc32(bytes.subarray(8)) !== bytes.readUInt32LE(4))
    return undefined;
  const head = {
    size: bytes.readUIntLE(14, 6),
    root: new Uint8Array(bytes.subarray(20, 52)),
    chain: new Uint8Array(bytes.subarray(52, 84)),
  };
  return { sequence: bytes.readUIntLE(8, 6), head };
}

function noHead(): WitanError {
  const details = { field: 'head', path: NAME, expected: 'a whole slot' };
  return new WitanError('verification_failed', 'the head of the log is damaged', details);
}
