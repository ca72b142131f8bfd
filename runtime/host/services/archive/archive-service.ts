/** Long-term storage of the record and backups of the node: `/platform/audit/archive`. */
import { join } from 'node:path';
import { spawnArchive } from '../../../../agents/platform/audit/archive/archive-actor.ts';
import type { ArchiveJob } from '../../../kernel/ports/archive/archive-job.ts';
import type { ObjectPort } from '../../../kernel/ports/object.ts';
import { archiveKeyIn, memoryArchiveKey } from '../../../store/archive/archive-key.ts';
import { ARCHIVE_PURPOSE } from '../../../store/archive/manifest.ts';
import { openObjects } from '../../../store/objects/open-objects.ts';
import { keyPassphrase } from '../../record/open-keys.ts';
import { recordKeys } from '../../record/record-keys.ts';
import type { NodeService, ServiceParts } from '../open-together.ts';
import { backupJob, batchJob, replicaJob } from './archive-jobs.ts';
import { NodeArchive } from './node-archive.ts';
import { recordRestore } from './restored-mark.ts';

/**
 * Opens the stores that the settings name; none is asked anything yet, so that one that is away does not keep
 * the node from starting.
 * @throws config_invalid, storage_failed, permission_denied for a wrong passphrase
 */
export async function openArchiveService(parts: ServiceParts): Promise<NodeService> {
  const { settings, stores, dataDir, system, clock, telemetry } = parts;
  const { archive, backup } = settings;
  const { keys } = stores;
  // The key that signs manifests stands on the record before the first of them, also for backups made by
  // hand.
  if (!keys.list().some(({ purpose }) => purpose === ARCHIVE_PURPOSE))
    await recordKeys(stores, [ARCHIVE_PURPOSE]);
  const key =
    stores.folder === null ? memoryArchiveKey() : archiveKeyIn(stores.folder.keys, keyPassphrase(settings));
  const opened: ObjectPort[] = [];
  const open = async (address: string): Promise<ObjectPort> => {
    const objects = await openObjects({ address, clock, timeoutMs: archive.timeoutMs });
    opened.push(objects);
    return objects;
  };
  const shared = { settings, stores, clock, key };
  const jobs: ArchiveJob[] = [];
  const address = archive.address === '' && dataDir !== null ? join(dataDir, 'archive') : archive.address;
  if (archive.enabled && address !== '') jobs.push(batchJob({ ...shared, objects: await open(address) }));
  if (archive.enabled && archive.replicaAddress !== '')
    jobs.push(replicaJob({ ...shared, objects: await open(archive.replicaAddress) }));
  if (dataDir !== null && backup.address !== '')
    jobs.push(backupJob({ ...shared, dataDir, objects: await open(backup.address) }));
  await recordRestore(parts);
  return {
    children: [{ id: 'archive', start: (parent) => spawnArchive(parent, { jobs, telemetry }) }],
    backends: { archive: new NodeArchive({ system, stores, clock }) },
    async close() {
      await Promise.all(opened.map((objects) => objects.close()));
    },
  };
}
