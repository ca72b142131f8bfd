/** Whole files that outlive a power cut: written aside, synced, renamed, and the folder synced. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WitanError } from '../../contracts/errors.ts';

/**
 * Writes a file of mode 0600; when it resolves, the new text is on the disk, and a crash before that leaves
 * the old one.
 * @throws storage_failed
 */
export async function writeSyncedFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw failed(cause);
  }
}

/** Takes a file away; nothing happens where there is none. @throws storage_failed */
export async function removeSyncedFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  } catch (cause) {
    throw failed(cause);
  }
}

/** Makes a folder for its owner alone, its parents included. @throws storage_failed */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = await open(path, 'r');
    try {
      // A folder that existed before keeps its old mode otherwise.
      await folder.chmod(0o700);
    } finally {
      await folder.close();
    }
  } catch (cause) {
    throw failed(cause);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function failed(cause: unknown): WitanError {
  const { code } = cause as { code?: string };
  return new WitanError('storage_failed', 'a file could not be stored', { code }, cause);
}
