/**
 * A disk in memory that can lose what was not synced: for tests of the log and for the simulator.
 *
 * Writes land in a cache; `datasync` makes them durable. `crash` gives the disk as a power cut would leave
 * it: of what was not synced, any 512-byte sector may be there or not, as `keepSector` says.
 */
import { dirname } from 'node:path';
import type { LogFile, LogFileSystem } from './file-system.ts';

/** One operation, before it is done. */
export interface DiskOperation {
  readonly kind:
    'write' | 'read' | 'datasync' | 'open' | 'create' | 'rename' | 'remove' | 'sync-folder' | 'text';
  readonly path: string;
  readonly byteLength: number;
}

/**
 * What happens to an operation: a system error code (nothing is done), `{ shortBy }` for a write that stops
 * early, or undefined.
 */
export type DiskFault = string | { readonly shortBy: number } | undefined;

/** Settings of {@link MemoryDisk}. */
export interface MemoryDiskOptions {
  /** Whether what is done is noted in `operations`; default true. */
  readonly keepsOperations?: boolean;
  /** Asked before each operation; may return a promise to hold it up. */
  readonly fault?: (operation: DiskOperation) => DiskFault | Promise<DiskFault>;
}

interface DiskFile {
  cached: Uint8Array;
  synced: Uint8Array;
}

const SECTOR_BYTES = 512;

/** See the head of the file. */
export class MemoryDisk implements LogFileSystem {
  /** Operations done so far, in order. */
  readonly operations: DiskOperation[] = [];
  /** May be replaced while the disk is in use. */
  fault: MemoryDiskOptions['fault'];
  readonly #files = new Map<string, DiskFile>();
  #durableNames = new Map<string, DiskFile>();

  readonly #keepsOperations: boolean;

  constructor({ fault, keepsOperations = true }: MemoryDiskOptions = {}) {
    this.fault = fault;
    this.#keepsOperations = keepsOperations;
  }

  /**
   * The disk after a power cut now; this one is left as it is. `keepSector` decides for each unsynced sector.
   */
  crash(keepSector: (path: string, sector: number) => boolean): MemoryDisk {
    const after = new MemoryDisk();
    for (const [path, file] of this.#durableNames) {
      const bytes = file.synced.slice();
      const end = Math.min(file.cached.length, bytes.length);
      for (let at = 0; at < end; at += SECTOR_BYTES) {
        const cached = file.cached.subarray(at, Math.min(at + SECTOR_BYTES, end));
        if (Buffer.compare(cached, bytes.subarray(at, at + cached.length)) === 0) continue;
        if (keepSector(path, at / SECTOR_BYTES)) bytes.set(cached, at);
      }
      const kept = { cached: bytes.slice(), synced: bytes };
      after.#files.set(path, kept);
      after.#durableNames.set(path, kept);
    }
    return after;
  }

  /** The same files as everyone sees them now, apart from this disk. */
  copy(): MemoryDisk {
    const twin = new MemoryDisk();
    for (const [path, { cached }] of this.#files)
      twin.#files.set(path, { cached: cached.slice(), synced: cached.slice() });
    twin.#durableNames = new Map(twin.#files);
    return twin;
  }

  /** Changes bytes behind everyone's back, durable at once. */
  tamper(path: string, change: (bytes: Uint8Array) => void): void {
    const file = this.#existing(path);
    change(file.cached);
    file.synced = file.cached.slice();
  }

  /** Bytes of a file as a reader sees them now. */
  bytes(path: string): Uint8Array {
    return this.#existing(path).cached;
  }

  /** See LogFileSystem. Folders are names only. */
  async createFolder(_path: string): Promise<void> {}

  /** See LogFileSystem. */
  async list(path: string): Promise<string[]> {
    const inside = [...this.#files.keys()].filter((name) => dirname(name) === path);
    return inside.map((name) => name.slice(path.length + 1)).sort();
  }

  /** See LogFileSystem. */
  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<LogFile> {
    await this.#do({ kind: mode === 'create' ? 'create' : 'open', path, byteLength: 0 });
    if (mode === 'create') {
      if (this.#files.has(path)) throw systemError('EEXIST', path);
      this.#files.set(path, { cached: new Uint8Array(0), synced: new Uint8Array(0) });
    }
    return this.#opened(path, this.#existing(path));
  }

  /** See LogFileSystem. */
  async readText(path: string): Promise<string | undefined> {
    const file = this.#files.get(path);
    return file && Buffer.from(file.cached).toString('utf8');
  }

  /** See LogFileSystem. */
  async createText(path: string, text: string): Promise<boolean> {
    await this.#do({ kind: 'text', path, byteLength: text.length });
    if (this.#files.has(path)) return false;
    this.#files.set(path, { cached: Buffer.from(text), synced: Buffer.from(text) });
    return true;
  }

  /** See LogFileSystem. */
  async replaceText(path: string, text: string, { durable }: { durable: boolean }): Promise<void> {
    await this.#do({ kind: 'text', path, byteLength: text.length });
    const file = { cached: Buffer.from(text), synced: Buffer.from(text) };
    this.#files.set(path, file);
    if (durable) this.#durableNames.set(path, file);
  }

  /** See LogFileSystem. */
  async rename(from: string, to: string): Promise<void> {
    await this.#do({ kind: 'rename', path: to, byteLength: 0 });
    const file = this.#existing(from);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  /** See LogFileSystem. */
  async remove(path: string): Promise<void> {
    await this.#do({ kind: 'remove', path, byteLength: 0 });
    this.#files.delete(path);
  }

  /** See LogFileSystem. */
  async syncFolder(path: string): Promise<void> {
    await this.#do({ kind: 'sync-folder', path, byteLength: 0 });
    this.#durableNames = new Map(this.#files);
  }

  #opened(path: string, file: DiskFile): LogFile {
    return {
      write: async (bytes, position) => {
        const fault = await this.#do({ kind: 'write', path, byteLength: bytes.length });
        const count = Math.max(0, bytes.length - (fault?.shortBy ?? 0));
        file.cached = grown(file.cached, position + count);
        file.cached.set(bytes.subarray(0, count), position);
        return count;
      },
      read: async (into, position) => {
        await this.#do({ kind: 'read', path, byteLength: into.length });
        const part = file.cached.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      datasync: async () => {
        await this.#do({ kind: 'datasync', path, byteLength: 0 });
        file.synced = file.cached.slice();
      },
      sizeBytes: async () => file.cached.length,
      close: async () => {},
    };
  }

  async #do(operation: DiskOperation): Promise<{ shortBy: number } | undefined> {
    const fault = await this.fault?.(operation);
    if (typeof fault === 'string') throw systemError(fault, operation.path);
    if (this.#keepsOperations) this.operations.push(operation);
    return fault;
  }

  #existing(path: string): DiskFile {
    const file = this.#files.get(path);
    if (!file) throw systemError('ENOENT', path);
    return file;
  }
}

function grown(bytes: Uint8Array, length: number): Uint8Array {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
