/** The few file operations that the durable log needs, behind an interface so that faults can be injected. */
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { dirname } from 'node:path';

/** An open file. Every method may reject with the system's error (`code` EIO, ENOSPC, …). */
export interface LogFile {
  /** Bytes written; may be fewer than asked for. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Bytes read; fewer at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Resolves when everything written is on the disk (`fdatasync`). */
  datasync(): Promise<void>;
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Folder-level operations. */
export interface LogFileSystem {
  createFolder(path: string): Promise<void>;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(path: string): Promise<string[]>;
  /** `create` fails when the file exists. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<LogFile>;
  /** Whole text, or undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** Creates a file with this text; false when it exists. */
  createText(path: string, text: string): Promise<boolean>;
  /** Replaces a file as a whole: readers see the old text or the new; durable only when `durable`. */
  replaceText(path: string, text: string, options: { durable: boolean }): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; a missing one is fine. */
  remove(path: string): Promise<void>;
  /** Makes names created and renamed in the folder durable. */
  syncFolder(path: string): Promise<void>;
}

/** Writes all of `bytes`, however short the single writes are. */
export async function writeAll(file: LogFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const written = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (written <= 0) throw Object.assign(new Error('a write made no progress'), { code: 'EIO' });
    done += written;
  }
}

/** Reads until `into` is full or the file ends; gives the bytes read. */
export async function readAll(file: LogFile, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(done === 0 ? into : into.subarray(done), position + done);
    if (read <= 0) break;
    done += read;
  }
  return done;
}

/** The machine's own file system. */
export const nodeFileSystem: LogFileSystem = {
  async createFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async list(path) {
    return ((await unlessMissing(readdir(path))) ?? []).sort();
  },
  async open(path, mode) {
    return new NodeFile(await open(path, OPEN_FLAGS[mode], 0o600));
  },
  async readText(path) {
    return unlessMissing(readFile(path, 'utf8'));
  },
  async createText(path, text) {
    // Linked when it is complete, so that nobody sees the file without its text.
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, text, { mode: 0o600 });
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  },
  async replaceText(path, text, { durable }) {
    const temporary = `${path}.tmp`;
    await writeFile(temporary, text, { mode: 0o600, flush: durable });
    await rename(temporary, path);
    if (durable) await nodeFileSystem.syncFolder(dirname(path));
  },
  rename,
  async remove(path) {
    await rm(path, { force: true });
  },
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

/** How files are opened. */
export const OPEN_FLAGS = { read: 'r', write: 'r+', create: 'wx+' } as const;

class NodeFile implements LogFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async datasync(): Promise<void> {
    await this.#handle.datasync();
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Code of a system error, or undefined. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
