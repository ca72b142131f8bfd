/** Jobs of the archive as the settings of a node say: batches, the second store, backups. */
import { retainUntil } from '../../../../config/archive/lifecycle.ts';
import { storePrefix } from '../../../../config/store-prefix.ts';
import type { ArchiveJob, ArchiveJobReport } from '../../../kernel/ports/archive/archive-job.ts';
import type { ObjectPort } from '../../../kernel/ports/object.ts';
import type { ArchiveKey } from '../../../store/archive/archive-key.ts';
import { ArchiveWriter } from '../../../store/archive/archive-writer.ts';
import { expireBatches } from '../../../store/archive/expire-batches.ts';
import type { BatchReport } from '../../../store/archive/archive-writer.ts';
import type { ManifestSigner } from '../../../store/archive/manifest.ts';
import { ARCHIVE_PURPOSE } from '../../../store/archive/manifest.ts';
import { BackupWriter } from '../../../store/backup/backup-writer.ts';
import { storesOf } from '../../archive/backup-tools.ts';
import type { ServiceParts } from '../open-together.ts';

/** What jobs are made from. */
export interface ArchiveJobParts extends Pick<ServiceParts, 'settings' | 'stores' | 'clock'> {
  readonly objects: ObjectPort;
  readonly key: ArchiveKey;
}

/** Batches into the first store. */
export function batchJob(parts: ArchiveJobParts): ArchiveJob {
  const writer = archiveWriterOf(parts);
  const { ledger } = parts.stores;
  return {
    name: 'batch',
    everyMs: parts.settings.archive.everyMs,
    coveredCount: () => writer.coveredCount(),
    lastDoneWallMs: () => writer.newestAtWallMs('batch'),
    async run() {
      const isNew = ledger.size() > (await writer.end('batch'));
      const report = isNew ? reportOf(await writer.write('batch')) : undefined;
      await expire(parts);
      return report;
    },
  };
}

/** What is past record.retentionYears goes, as far as locks and holds let it. */
function expire({ objects, settings, stores, clock }: ArchiveJobParts): Promise<number> {
  const { retentionYears } = settings.record;
  return expireBatches({
    objects,
    prefix: storePrefix(settings, 'archive'),
    logId: stores.ledger.logId,
    nowWallMs: clock.wallMs(),
    retainedUntil: (storedAtWallMs) => retainUntil(storedAtWallMs, retentionYears),
  });
}

/** Entries into the second store as they come; what they make up a day is then kept as a batch there too. */
export function replicaJob(parts: ArchiveJobParts): ArchiveJob {
  const writer = archiveWriterOf(parts);
  const { ledger } = parts.stores;
  const { archive } = parts.settings;
  let batchAtWallMs: number | undefined;
  return {
    name: 'replica',
    everyMs: archive.replicateEveryMs,
    coveredCount: () => writer.coveredCount(),
    lastDoneWallMs: () => writer.newestAtWallMs('tail'),
    async run() {
      if (ledger.size() <= (await writer.end('tail'))) return undefined;
      const nowWallMs = parts.clock.wallMs();
      batchAtWallMs ??= (await writer.newestAtWallMs('batch')) ?? nowWallMs;
      if (nowWallMs - batchAtWallMs < archive.everyMs) return reportOf(await writer.write('tail'));
      const report = reportOf(await writer.write('batch'));
      batchAtWallMs = nowWallMs;
      return report;
    },
  };
}

/** Increments of the whole node. */
export function backupJob(parts: ArchiveJobParts & { readonly dataDir: string }): ArchiveJob {
  const { settings, stores, objects, key, clock, dataDir } = parts;
  const { everyMs, ...retention } = settings.backup;
  const { packMaxCount, packBytes } = settings.archive;
  const writer = new BackupWriter({
    objects,
    prefix: storePrefix(settings, 'backup'),
    dataDir,
    source: stores.ledger,
    key,
    signer: () => archiveSigner(parts),
    clock,
    retention,
    excluded: storesOf(settings),
    packMaxCount,
    packBytes,
  });
  return {
    name: 'backup',
    everyMs,
    coveredCount: () => writer.coveredCount(),
    lastDoneWallMs: () => writer.newestAtWallMs(),
    async run() {
      const { firstIndex, logSize, storedCount, storedBytes, point } = await writer.write('increment');
      const objectCount = storedCount + 1;
      return { firstIndex, endIndex: logSize, objectCount, sizeBytes: storedBytes, object: point };
    },
  };
}

/** Signs manifests with the node's key for them. */
export function archiveSigner({ stores: { keys } }: Pick<ServiceParts, 'stores'>): ManifestSigner {
  const { keyId } = keys.active(ARCHIVE_PURPOSE);
  return { keyId, sign: (message) => keys.sign(keyId, message) };
}

function archiveWriterOf(parts: ArchiveJobParts): ArchiveWriter {
  const { settings, stores, objects, key, clock } = parts;
  const { lock, packMaxCount, packBytes } = settings.archive;
  const { retentionYears } = settings.record;
  return new ArchiveWriter({
    objects,
    prefix: storePrefix(settings, 'archive'),
    source: stores.ledger,
    key,
    signer: () => archiveSigner(parts),
    clock,
    packMaxCount,
    packBytes,
    ...(lock && { lockedUntil: (nowWallMs: number) => retainUntil(nowWallMs, retentionYears) }),
  });
}

/** What the actor tells of a batch. */
export function reportOf(report: BatchReport | undefined): ArchiveJobReport | undefined {
  if (!report) return undefined;
  const { firstIndex, endIndex, packCount, sizeBytes, manifest } = report;
  return { firstIndex, endIndex, objectCount: packCount + 1, sizeBytes, object: manifest };
}
