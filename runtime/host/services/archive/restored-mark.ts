/** A node that was restored to an earlier time says so on its record, before it decides anything. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WitanError } from '../../../../contracts/errors.ts';
import { removeSyncedFile } from '../../../store/synced-file.ts';
import { RESTORED_FILE, RestoredMark } from '../../../store/backup/restore-backup.ts';
import { SYSTEM_TENANT } from '../../record/record-keys.ts';
import type { ServiceParts } from '../open-together.ts';

/**
 * Appends what the restore left to say, once.
 *
 * A log that was cut and grows again does not continue what was signed before: whoever holds a later
 * head of it
 * sees a fork. The entry says where it was cut and what the later head was.
 * @throws storage_failed
 */
export async function recordRestore({
  stores,
  dataDir,
}: Pick<ServiceParts, 'stores' | 'dataDir'>): Promise<void> {
  if (dataDir === null) return;
  const path = join(dataDir, RESTORED_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const { format: _format, erasures, ...mark } = RestoredMark.parse(JSON.parse(text));
  for (const { keyIds, ...erasure } of erasures) {
    // A hold that was placed since then wins, as it would have without the restore.
    await stores.subjectKeys.destroy({ ...erasure, recordKeyIds: keyIds }).catch((error: WitanError) => {
      if (error.code !== 'permission_denied') throw error;
    });
  }
  await stores.ledger.append({
    kind: 'admin',
    tenant: SYSTEM_TENANT,
    payload: { action: 'restored-from-backup', ...mark, erasureCount: erasures.length },
  });
  await removeSyncedFile(path);
}
