/** The machine's file system for a thread that has nothing to do but what it is told. */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { nodeFileSystem, OPEN_FLAGS, type LogFile, type LogFileSystem } from '../file-system.ts';

const fdatasyncInPool = promisify(fdatasync);
/** More than a few producers that wait for each entry have under way. */
const MUCH_BYTES = 65_536;

/**
 * Writes and syncs without the pool of threads, which costs two changes of thread for each call.
 *
 * Only syncs of much, and those while the thread has something else to do (`isAwaited`), wait in the pool:
 * the next batch is built meanwhile.
 */
export function blockingFileSystem(isAwaited: () => boolean): LogFileSystem {
  return {
    ...nodeFileSystem,
    async open(path, mode) {
      // A new file is the spare segment: millions of zeros, which nobody waits for.
      if (mode === 'create') return nodeFileSystem.open(path, mode);
      return new BlockingFile(openSync(path, OPEN_FLAGS[mode], 0o600), isAwaited);
    },
  };
}

class BlockingFile implements LogFile {
  readonly #descriptor: number;
  readonly #isAwaited: () => boolean;
  #unsyncedBytes = 0;

  constructor(descriptor: number, isAwaited: () => boolean) {
    this.#descriptor = descriptor;
    this.#isAwaited = isAwaited;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    this.#unsyncedBytes += bytes.length;
    return writeSync(this.#descriptor, bytes, 0, bytes.length, position);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return readSync(this.#descriptor, into, 0, into.length, position);
  }

  async datasync(): Promise<void> {
    const isMuch = this.#unsyncedBytes >= MUCH_BYTES;
    this.#unsyncedBytes = 0;
    if (this.#isAwaited() || isMuch) await fdatasyncInPool(this.#descriptor);
    else fdatasyncSync(this.#descriptor);
  }

  async sizeBytes(): Promise<number> {
    return fstatSync(this.#descriptor).size;
  }

  async close(): Promise<void> {
    closeSync(this.#descriptor);
  }
}
