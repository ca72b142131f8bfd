/** Backups from outside a node: make one, list them, restore. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { SystemClock } from '../../kernel/index.ts';
import { archiveKeyIn } from '../../store/archive/archive-key.ts';
import type { StepHook } from '../../store/archive/archive-steps.ts';
import { archivedLogs } from '../../store/archive/archive-reader.ts';
import { ARCHIVE_PURPOSE } from '../../store/archive/manifest.ts';
import type { ManifestSigner } from '../../store/archive/manifest.ts';
import { backupNames, BackupWriter, listPoints } from '../../store/backup/backup-writer.ts';
import type { BackupReport } from '../../store/backup/backup-writer.ts';
import { restoreBackup } from '../../store/backup/restore-backup.ts';
import type { RestoreReport } from '../../store/backup/restore-backup.ts';
import { retainedPoints } from '../../store/backup/retention.ts';
import type { KeepReason } from '../../store/backup/retention.ts';
import { decodeKeyFile, SecretBox } from '../../store/keys/key-file.ts';
import { KeyRing } from '../../store/keys/key-ring.ts';
import { dataFolderAt } from '../record/data-folder.ts';
import { keyPassphrase } from '../record/open-keys.ts';
import { openPlaceObjects, withPlace } from './archive-place.ts';
import type { PlaceOptions } from './archive-place.ts';
import { FolderLog } from './folder-log.ts';

/** A point that a node can be restored to. */
export interface BackupPointInfo {
  readonly logId: string;
  readonly point: string;
  readonly at: string;
  readonly kind: 'increment' | 'manual';
  /** Why the retention keeps it; null: the next backup lets it go. */
  readonly keptAs: KeepReason | null;
}

/**
 * Backs a node up from its folder, also while it runs: log up to its newest signed head, files, keys as they
 * lie. The point is marked as made on purpose and stays until somebody removes it.
 * @throws not_found for a folder without log or key, permission_denied for a wrong passphrase, conflict,
 *   storage_failed, unavailable
 */
export async function createBackup(options: {
  readonly settings: Settings;
  readonly dataDir: string;
  readonly address: string;
  readonly prefix: string;
  readonly label: string;
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
  /** Told before each step, for tests of faults. */
  readonly step?: StepHook;
}): Promise<BackupReport> {
  const { settings, dataDir, address, prefix, label, onProgress, step } = options;
  const folder = dataFolderAt(dataDir);
  const passphrase = keyPassphrase(settings);
  const source = await FolderLog.open(folder.log);
  const signer = signerIn(folder.keys, passphrase);
  const key = archiveKeyIn(folder.keys, passphrase);
  const objects = await openPlaceObjects(settings, address);
  try {
    const writer = new BackupWriter({
      objects,
      prefix,
      dataDir,
      source,
      key,
      signer: () => signer,
      clock: new SystemClock(),
      retention: settings.backup,
      excluded: storesOf(settings, address),
      packMaxCount: settings.archive.packMaxCount,
      packBytes: settings.archive.packBytes,
      step,
      ...(onProgress && { onProgress }),
    });
    return await writer.write('manual', label);
  } finally {
    await objects.close();
  }
}

/** Folders of object stores that the settings name: a backup must not hold itself. */
export function storesOf({ archive, backup }: Settings, ...more: readonly string[]): readonly string[] {
  const addresses = [archive.address, archive.replicaAddress, backup.address, ...more];
  return addresses.filter((address) => address !== '' && !address.includes('://'));
}

/** Points of all logs in a store, oldest first; needs no key. */
export async function listBackups(options: {
  readonly settings: Settings;
  readonly address: string;
  readonly prefix: string;
}): Promise<readonly BackupPointInfo[]> {
  const { settings, address, prefix } = options;
  const objects = await openPlaceObjects(settings, address);
  try {
    const found: BackupPointInfo[] = [];
    for (const logId of await archivedLogs({ objects, prefix })) {
      const points = await listPoints(objects, backupNames(prefix, logId));
      const { kept } = retainedPoints(points, new SystemClock().wallMs(), settings.backup);
      const reasons = new Map(kept.map(({ point, reason }) => [point.key, reason]));
      for (const { key, atWallMs, kind } of points) {
        const at = new Date(atWallMs).toISOString();
        found.push({ logId, point: key, at, kind, keptAs: reasons.get(key) ?? null });
      }
    }
    return found;
  } finally {
    await objects.close();
  }
}

/** Restores a node; see {@link restoreBackup}. */
export function restoreBackupAt(
  options: PlaceOptions & {
    readonly to: string;
    readonly atWallMs?: number | undefined;
    readonly logId?: string | undefined;
    readonly pinned?: PinnedKey | undefined;
    readonly onProgress?: (doneCount: number, totalCount: number) => void;
  },
): Promise<RestoreReport> {
  const { to, atWallMs, logId, pinned, onProgress, settings } = options;
  const { segmentBytes } = settings.record;
  return withPlace(options, (place) =>
    restoreBackup({ ...place, to, atWallMs, logId, pinned, segmentBytes, onProgress }),
  );
}

/** Key that signs manifests, read beside a node that may be running: nothing of its folder is changed. */
function signerIn(folder: string, passphrase: string | undefined): ManifestSigner {
  const box = new SecretBox(passphrase);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const ring = new KeyRing(new SystemClock());
  for (const name of names.filter(
    (one) => one.startsWith(`${ARCHIVE_PURPOSE}-`) && one.endsWith('.key.json'),
  ))
    ring.add(decodeKeyFile(readFileSync(join(folder, name), 'utf8'), name, box).key);
  const active = ring.active(ARCHIVE_PURPOSE);
  if (active) return { keyId: active.keyId, sign: (message) => ring.sign(active.keyId, message) };
  const details = { path: folder, expected: 'a data folder on which a node of this version has run once' };
  throw new WitanError('not_found', 'the node has no key that signs backups yet', details);
}
