/** Another passphrase for the key files of a node that does not run. */
import type { Settings } from '../../../config/schema.ts';
import { changePassphrase } from '../../store/keys/key-folder.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { takeLock } from '../../store/segment/lock-file.ts';
import { dataFolderAt } from './data-folder.ts';
import { keyPassphrase } from './open-keys.ts';

/**
 * Encrypts every key file anew, or leaves all as they were; a crash in the middle leaves one of the two.
 *
 * @param settings name the passphrase that the files have now
 * @param to new passphrase; undefined: plain files
 * @returns how many keys
 * @throws permission_denied for a wrong passphrase, already_exists while a node has the folder open,
 *   verification_failed for a damaged file, storage_failed
 */
export async function changeKeyPassphrase(
  { settings, dataDir }: { readonly settings: Settings; readonly dataDir: string },
  to: string | undefined,
): Promise<number> {
  const folder = dataFolderAt(dataDir);
  const lock = await takeLock(nodeFileSystem, folder.log);
  try {
    return changePassphrase(folder.keys, { from: keyPassphrase(settings), to });
  } finally {
    await lock.release();
  }
}
