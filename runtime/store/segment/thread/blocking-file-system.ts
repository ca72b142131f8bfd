/** The machine's file system for a thread that has nothing else to do: it waits for each call. */
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { nodeFileSystem, OPEN_FLAGS, type LogFile, type LogFileSystem } from '../file-system.ts';

/** Writes and syncs without the pool of threads, which costs two changes of thread for each call. */
export const blockingFileSystem: LogFileSystem = {
  ...nodeFileSystem,
  async open(path, mode) {
    // A new file is the spare segment: millions of zeros, which nobody waits for.
    if (mode === 'create') return nodeFileSystem.open(path, mode);
    return new BlockingFile(openSync(path, OPEN_FLAGS[mode], 0o600));
  },
};

class BlockingFile implements LogFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return writeSync(this.#descriptor, bytes, 0, bytes.length, position);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return readSync(this.#descriptor, into, 0, into.length, position);
  }

  async datasync(): Promise<void> {
    fdatasyncSync(this.#descriptor);
  }

  async sizeBytes(): Promise<number> {
    return fstatSync(this.#descriptor).size;
  }

  async close(): Promise<void> {
    closeSync(this.#descriptor);
  }
}
