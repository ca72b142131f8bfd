/** Makes the index of a stopped node anew from its log. */
import type { Settings } from '../../../config/schema.ts';
import { SystemClock } from '../../kernel/index.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { takeLock } from '../../store/segment/lock-file.ts';
import { openCrypto } from '../../store/crypto/open-crypto.ts';
import { dataFolderAt } from '../record/data-folder.ts';
import { FolderLog } from './folder-log.ts';

const BATCH_COUNT = 256;

/**
 * Empties the index in the embedded database, or in the one that `store.databaseUrl` names, and applies every
 * entry of the log. Interrupted, the index is short, and the node brings it up at its start.
 * @returns how many entries were applied
 * @throws already_exists while a node has the folder open, not_found without a log, verification_failed,
 *   storage_failed, unavailable
 */
export async function rebuildIndex(options: {
  readonly settings: Settings;
  readonly dataDir: string;
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
}): Promise<number> {
  const { settings, dataDir, onProgress } = options;
  const { openSqlStores } = await import('../../store/sql/open-sql-stores.ts');
  const { openSubjectKeys, sealedLedger } = await import('../record/open-privacy.ts');
  const folder = dataFolderAt(dataDir);
  const log = await FolderLog.open(folder.log);
  const lock = await takeLock(nodeFileSystem, folder.log);
  try {
    const { size } = await log.checkpoint();
    const { databaseUrl } = settings.store;
    const clock = new SystemClock();
    const crypto = openCrypto({ postQuantum: settings.crypto.postQuantum });
    const keys = await openSubjectKeys({ settings, folder, clock, crypto });
    // What is sealed on the record stands in the index as its keys still open it; what is erased does not.
    const ledger = sealedLedger(log.asLedger(), keys, { settings, clock });
    const stores = await openSqlStores({ databaseUrl, folder: folder.database, clock });
    try {
      await stores.index.clear();
      await stores.index.claim(log.logId);
      let count = 0;
      let batch: LedgerEntry[] = [];
      const apply = async (): Promise<void> => {
        await stores.index.apply(batch);
        count += batch.length;
        batch = [];
        onProgress?.(count, Math.max(count, size));
      };
      for await (const entry of ledger.read(0)) {
        batch.push(entry);
        if (batch.length === BATCH_COUNT) await apply();
      }
      if (batch.length > 0) await apply();
      return count;
    } finally {
      await stores.close();
      await keys.close();
    }
  } finally {
    await lock.release();
  }
}
