/** Another key for the archive and backups of a node that does not run. */
import type { Settings } from '../../../config/schema.ts';
import { rotateArchiveKey } from '../../store/archive/archive-key.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { takeLock } from '../../store/segment/lock-file.ts';
import { dataFolderAt } from '../record/data-folder.ts';
import { keyPassphrase } from '../record/open-keys.ts';

/** What a rotation of the archive's key did. */
export interface RotatedArchiveKey {
  /** Key that new objects are sealed under. */
  readonly keyId: string;
  /** Keys before it, newest first: what lies under them stays readable. */
  readonly formerKeyIds: readonly string[];
}

/**
 * Makes a new key for everything that leaves the node from now on; cut off, the key is the one from before.
 * What was saved of the key before opens nothing that is stored after: save it again.
 * @throws not_found without a key, permission_denied for a wrong passphrase, already_exists while a node has
 *   the folder open, verification_failed for a damaged file, storage_failed
 */
export async function changeArchiveKey({
  settings,
  dataDir,
}: {
  readonly settings: Settings;
  readonly dataDir: string;
}): Promise<RotatedArchiveKey> {
  const folder = dataFolderAt(dataDir);
  const lock = await takeLock(nodeFileSystem, folder.log);
  try {
    const { keyId, former } = rotateArchiveKey(folder.keys, keyPassphrase(settings));
    return { keyId, formerKeyIds: former.map((one) => one.keyId) };
  } finally {
    await lock.release();
  }
}
