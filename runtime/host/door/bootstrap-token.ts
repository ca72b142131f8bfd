/** The one-time token for the first administrator: a file in the data folder, for its owner alone. */
import { readFile } from 'node:fs/promises';
import type { BootstrapToken } from '../../../agents/platform/gate/credentials/key-desk.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { removeSyncedFile, writeSyncedFile } from '../../store/synced-file.ts';

/** Keeps the token at `path`, mode 0600. */
export function bootstrapTokenAt(path: string): BootstrapToken {
  return {
    async read() {
      try {
        const text = (await readFile(path, 'utf8')).trim();
        // An empty file is no token: it must not be equal to one that is not given.
        return text === '' ? undefined : text;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new WitanError('storage_failed', 'the bootstrap token cannot be read', {}, cause);
      }
    },
    write: (token) => writeSyncedFile(path, `${token}\n`),
    remove: () => removeSyncedFile(path),
  };
}
