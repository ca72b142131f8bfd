/** Archives from outside a node: verify, restore the log, price. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { archiveCost } from '../../../config/archive/cost.ts';
import type { TierCost } from '../../../config/archive/cost.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { SystemClock } from '../../kernel/index.ts';
import { ARCHIVE_KEY_FILE, archiveSecret } from '../../store/archive/archive-key.ts';
import { ArchiveDamaged, archivedLogs } from '../../store/archive/archive-reader.ts';
import { verifyArchive } from '../../store/archive/verify-archive.ts';
import type { ArchiveVerification } from '../../store/archive/verify-archive.ts';
import { LogFilesWriter } from '../../store/archive/write-log.ts';
import { writeNodeFile } from '../../store/backup/node-files.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { openPlaceObjects, withPlace } from './archive-place.ts';
import type { PlaceOptions } from './archive-place.ts';

/** What {@link verifyArchiveAt} is given. */
export interface VerifyArchiveAtOptions extends PlaceOptions {
  readonly pinned: PinnedKey;
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
}

/**
 * Checks an archive from its objects alone: every entry, chain, tree, signed heads, signed manifests.
 * @throws not_found, permission_denied for a wrong passphrase, unavailable
 */
export function verifyArchiveAt(options: VerifyArchiveAtOptions): Promise<ArchiveVerification> {
  const { pinned, onProgress } = options;
  return withPlace(options, ({ objects, prefix, key }) =>
    verifyArchive({
      objects,
      prefix,
      pinned,
      secret: (keyId) => archiveSecret(key, keyId),
      ...(onProgress && { onProgress }),
    }),
  );
}

/**
 * Makes a data folder with the archived log in it: the log, its signed head, and the key of the archive. Keys
 * of the node are not in an archive: a node that starts on the folder makes new ones.
 * @throws as {@link verifyArchiveAt}; verification_failed naming what is damaged: then nothing is made;
 *   already_exists
 */
export function restoreArchive(
  options: VerifyArchiveAtOptions & { readonly to: string },
): Promise<ArchiveVerification> {
  const to = resolve(options.to);
  const staging = `${to}.restoring`;
  return withPlace(options, async ({ objects, prefix, key }) => {
    if (existsSync(to) && (await nodeFileSystem.list(to)).length > 0)
      throw new WitanError('already_exists', `${to} is not empty`, {
        path: '--to',
        expected: 'a new folder',
      });
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true, mode: 0o700 });
    const { pinned, onProgress, settings } = options;
    const logId = pinned.logId === '' ? await onlyLogOf({ objects, prefix }) : pinned.logId;
    const { segmentBytes } = settings.record;
    const log = new LogFilesWriter({ fs: nodeFileSystem, folder: join(staging, 'log'), logId, segmentBytes });
    await log.begin();
    const found = await verifyArchive({
      objects,
      prefix,
      pinned: { ...pinned, logId },
      secret: (keyId) => archiveSecret(key, keyId),
      onEntry: (entry) =>
        entry.index === log.head.size ? log.append(entry) : Promise.reject(noStart(entry.index)),
      ...(onProgress && { onProgress }),
    });
    if (found.damage) throw new ArchiveDamaged(found.damage);
    if (found.firstIndex > 0) throw noStart(found.firstIndex);
    await log.finish(found.checkpoint?.note ?? null);
    await writeNodeFile(staging, { path: `keys/${ARCHIVE_KEY_FILE}`, mode: 0o600, bytes: utf8(key.text) });
    for (const folder of [join(staging, 'keys'), join(staging, 'log'), staging])
      await nodeFileSystem.syncFolder(folder);
    await rm(to, { recursive: true, force: true });
    await rename(staging, to);
    await nodeFileSystem.syncFolder(dirname(to));
    return found;
  });
}

/** What an archive costs in a month, by tier, from the sizes and ages of its objects; needs no key. */
export async function archiveCostAt(
  options: Pick<PlaceOptions, 'address' | 'prefix' | 'settings'>,
): Promise<readonly TierCost[]> {
  const { address, prefix, settings } = options;
  const objects = await openPlaceObjects(settings, address);
  const nowWallMs = new SystemClock().wallMs();
  const priced: { sizeBytes: number; ageDays: number }[] = [];
  try {
    for await (const { sizeBytes, storedAtWallMs } of objects.list(`${prefix}/`))
      priced.push({ sizeBytes, ageDays: Math.floor((nowWallMs - storedAtWallMs) / 86_400_000) });
  } finally {
    await objects.close();
  }
  return archiveCost(priced);
}

async function onlyLogOf(place: Parameters<typeof archivedLogs>[0]): Promise<string> {
  const logs = await archivedLogs(place);
  if (logs.length === 1) return logs[0]!;
  const expected = logs.length === 0 ? `manifests under ${place.prefix}/` : `a key of ${logs.join(', ')}`;
  throw new WitanError('not_found', `the archive holds ${logs.length} logs`, { path: '--key', expected });
}

/** A log can be verified from anywhere on, but it cannot begin in its middle. */
function noStart(firstIndex: number): WitanError {
  const details = { firstIndex, expected: 'an archive that holds the log from entry 0 on' };
  return new WitanError('not_found', `the archive holds the log from entry ${firstIndex} on`, details);
}
