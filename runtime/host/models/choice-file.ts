/** Choices of models in the data folder: one file, replaced whole. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { makePrivateFolder, writeSyncedFile } from '../../store/synced-file.ts';

/** Store of one file; its folder is made with the first choice. */
export function choiceFile(path: string): ChoiceStore {
  return {
    async read() {
      try {
        return await readFile(path, 'utf8');
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        if (code === 'ENOENT') return undefined;
        throw new WitanError('storage_failed', `${path} cannot be read: ${code}`, { code }, cause);
      }
    },
    async write(text) {
      await makePrivateFolder(dirname(path));
      await writeSyncedFile(path, text);
    },
  };
}
