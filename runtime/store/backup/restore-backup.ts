/** Restores a node from its backup, as it was at a time that its log and files still tell. */
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import { DeletionCertificate } from '../../../contracts/messages/privacy/deletion-certificate.ts';
import type { DeletionCertificateBody } from '../../../contracts/messages/privacy/deletion-certificate.ts';
import { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import type { LedgerCheckpoint } from '../../kernel/ports/ledger.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { ARCHIVE_KEY_FILE, archiveSecret } from '../archive/archive-key.ts';
import type { ArchiveKey } from '../archive/archive-key.ts';
import { ArchiveDamaged, archivedLogs } from '../archive/archive-reader.ts';
import type { ArchivedEntry } from '../archive/archive-reader.ts';
import { isSignedBy, RecordedSigners } from '../archive/archive-signature.ts';
import { openObject } from '../archive/sealed-object.ts';
import { verifyArchive } from '../archive/verify-archive.ts';
import { LogFilesWriter } from '../archive/write-log.ts';
import { FileSubjectKeyStore } from '../crypto/subjects/file-subject-key-store.ts';
import { objectDigest } from '../objects/protection.ts';
import { nodeFileSystem } from '../segment/file-system.ts';
import { backupNames, listPoints } from './backup-writer.ts';
import { parsePoint } from './backup-point.ts';
import type { Point } from './backup-point.ts';
import { readNewest } from './newest-copy.ts';
import { writeNodeFile } from './node-files.ts';
import type { NodeFile } from './node-files.ts';

/** What {@link restoreBackup} is given. */
export interface RestoreOptions {
  readonly objects: ObjectPort;
  readonly prefix: string;
  /** Data folder that is made; must not exist, or be empty. */
  readonly to: string;
  /** Time to which the node goes back, wall ms; undefined: as far as the backup reaches. */
  readonly atWallMs?: number | undefined;
  /** Log that is meant, where the backup holds several. */
  readonly logId?: string | undefined;
  /**
   * Key that the operator pinned; undefined: the one inside the backup, which proves nothing against
   * a forger.
   */
  readonly pinned?: PinnedKey | undefined;
  readonly key: ArchiveKey;
  readonly segmentBytes: number;
  readonly onProgress?: ((doneCount: number, totalCount: number) => void) | undefined;
}

/** What was restored. */
export interface RestoreReport {
  readonly logId: string;
  readonly point: string;
  readonly pointAt: string;
  /** Entries of the restored log, and those that its newest signed checkpoint covers. */
  readonly size: number;
  readonly signedSize: number;
  /** Time of the last entry; null for none. */
  readonly lastAt: string | null;
  /** Entries that the backup holds: more than `size` when the log was cut. */
  readonly knownSize: number;
  readonly fileCount: number;
  /** Keys of subjects that were destroyed again: they were destroyed after the copy was made. */
  readonly destroyedCount: number;
  readonly isPinned: boolean;
}

/** What a restored node finds beside its log when that was cut: it puts it on the record at its start. */
export const RestoredMark = z.strictObject({
  format: z.literal('witan-restored/1'),
  point: z.string(),
  at: z.string().nullable(),
  size: z.int().min(0),
  /** Newest head that was signed before: whoever has it will see that this log does not continue it. */
  knownSize: z.int().min(0),
  knownRoot: z.string().nullable(),
  /** Erasures that came after the copy of keys: the node destroys what belongs to them at its start. */
  erasures: z.array(
    z.strictObject({
      tenant: z.string(),
      subjectTag: z.string(),
      keyIds: z.array(z.string()),
      reason: z.string(),
      approvedBy: z.string(),
    }),
  ),
});
/** See {@link RestoredMark}. */
export type RestoredMark = z.infer<typeof RestoredMark>;

/** Name of the mark in a data folder. */
export const RESTORED_FILE = 'restored.json';

/**
 * Restores into a folder beside the target and renames it at the end: cut off, nothing is there.
 *
 * Entries after the asked time are read all the same: certificates of keys that were destroyed later stand
 * there, and those keys do not come back.
 * @throws not_found (no backup, or none that early), already_exists (the folder), verification_failed naming
 *   what is damaged, permission_denied
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const { objects, prefix, key, atWallMs = Infinity } = options;
  const to = resolve(options.to);
  const logId = options.logId ?? (await onlyLog(objects, prefix));
  const names = backupNames(prefix, logId);
  const chosen = await choosePoint(options, names);
  const point = parsePoint(await objects.get(chosen.key), chosen.key);
  const staging = `${to}.restoring`;
  await prepare(to, staging);
  const files = await filesOf(objects, point, key);
  const pinned = options.pinned ?? pinnedIn(files);
  const log = new LogFilesWriter({
    fs: nodeFileSystem,
    folder: join(staging, 'log'),
    logId,
    segmentBytes: options.segmentBytes,
  });
  await log.begin();
  const cut = new LogCut(atWallMs);
  const read = await verifyArchive({
    objects,
    prefix,
    pinned: { ...pinned, logId },
    secret: (keyId) => archiveSecret(key, keyId),
    onEntry: async (entry) => {
      if (cut.takes(entry)) await log.append(entry);
    },
    onHead: (head) => cut.head(head),
    ...(options.onProgress && { onProgress: options.onProgress }),
  });
  if (read.damage) throw new ArchiveDamaged(read.damage);
  cut.checkPoint(point, chosen.key);
  await log.finish(cut.signed?.note ?? null);
  for (const file of files) await writeNodeFile(staging, file);
  await writeNodeFile(staging, { path: `keys/${ARCHIVE_KEY_FILE}`, mode: 0o600, bytes: utf8(key.text) });
  const newest = await readNewest({ objects, key: names.newest, secrets: [key, ...key.former] });
  for (const file of newest) await writeNodeFile(staging, file);
  const destroyedCount = await destroyAgain(staging, cut.destroyed);
  const copiedWallMs = (await objects.head(names.newest))?.storedAtWallMs ?? Infinity;
  // A store may keep whole seconds.
  const erasures = cut.erasuresSince(copiedWallMs - 1_000);
  await mark(staging, {
    cut,
    erasures,
    read: read.checkpoint,
    knownSize: read.size,
    point: chosen.key,
    atWallMs,
  });
  await finish(staging, to);
  return {
    logId,
    point: chosen.key,
    pointAt: point.body.createdAt,
    size: cut.size,
    signedSize: cut.signed?.size ?? 0,
    lastAt: cut.lastWallMs === undefined ? null : new Date(cut.lastWallMs).toISOString(),
    knownSize: read.size,
    fileCount: files.length + newest.length,
    destroyedCount,
    isPinned: options.pinned !== undefined,
  };
}

/** Decides which entries a restored log has, and gathers what is told of them and of those after. */
class LogCut {
  size = 0;
  lastWallMs: number | undefined;
  signed: LedgerCheckpoint | null = null;
  /** Keys of subjects whose destruction stands anywhere on the record. */
  readonly destroyed = new Set<string>();
  readonly #atWallMs: number;
  readonly #signers = new RecordedSigners();
  readonly #erasures: DeletionCertificateBody[] = [];
  #isCut = false;

  constructor(atWallMs: number) {
    this.#atWallMs = atWallMs;
  }

  /** Whether an entry comes before the first one that is later than the asked time. */
  takes({ entry }: ArchivedEntry): boolean {
    const { kind, payload } = entry;
    if (kind === 'key') this.#signers.add(payload);
    for (const body of certificatesIn(payload, 0)) {
      for (const keyId of body.keyIds) this.destroyed.add(keyId);
      if (body.purpose === null) this.#erasures.push(body);
    }
    this.#isCut ||= entry.atWallMs > this.#atWallMs;
    if (this.#isCut) return false;
    this.size += 1;
    this.lastWallMs = entry.atWallMs;
    return true;
  }

  /** Erasures of whole persons since then: no key that came after one is in a copy from before. */
  erasuresSince(wallMs: number): RestoredMark['erasures'] {
    return this.#erasures
      .filter(({ destroyedAt }) => Date.parse(destroyedAt) >= wallMs)
      .map(({ tenant, subjectTag, keyIds, reason, approvedBy }) => ({
        tenant,
        subjectTag,
        keyIds,
        reason,
        approvedBy,
      }));
  }

  head(head: LedgerCheckpoint): void {
    if (head.size <= this.size) this.signed = head;
  }

  /** @throws verification_failed for a point that the node of this log did not sign */
  checkPoint(point: Point, key: string): void {
    const publicKey = this.#signers.publicKey(point.body.signedBy);
    if (typeof publicKey === 'string' && isSignedBy(point, publicKey)) return;
    const details = { key, expected: `a signature by ${point.body.signedBy}, as it stands on the record` };
    throw new WitanError('verification_failed', `the backup point ${key} is not signed by the node`, details);
  }
}

/** Deletion certificates, wherever in a payload they stand. */
function* certificatesIn(value: unknown, depth: number): Generator<DeletionCertificateBody> {
  if (value === null || typeof value !== 'object' || depth > 4) return;
  const certificate = DeletionCertificate.safeParse(value).data;
  if (certificate) yield certificate.body;
  else for (const inner of Object.values(value)) yield* certificatesIn(inner, depth + 1);
}

async function onlyLog(objects: ObjectPort, prefix: string): Promise<string> {
  const logs = await archivedLogs({ objects, prefix });
  if (logs.length === 1) return logs[0]!;
  const expected = logs.length === 0 ? `a backup under ${prefix}/` : `--log with one of ${logs.join(', ')}`;
  throw new WitanError('not_found', `the store holds backups of ${logs.length} logs`, { expected });
}

async function choosePoint(
  { objects, atWallMs = Infinity }: RestoreOptions,
  names: ReturnType<typeof backupNames>,
): Promise<{ readonly key: string }> {
  const points = await listPoints(objects, names);
  const chosen = points.findLast((point) => point.atWallMs <= atWallMs);
  if (chosen) return chosen;
  const oldest = points[0];
  const expected = oldest ? `a time from ${new Date(oldest.atWallMs).toISOString()} on` : 'a backup';
  throw new WitanError('not_found', 'there is no backup point that early', { path: '--at', expected });
}

async function filesOf(objects: ObjectPort, { body }: Point, key: ArchiveKey): Promise<readonly NodeFile[]> {
  const secret = archiveSecret(key, body.encryption.keyId);
  const files: NodeFile[] = [];
  for (const { path, mode, digest, object } of body.files) {
    const bytes = openObject(secret, await objects.get(object, { isChecked: false }), object);
    if (objectDigest(bytes) !== digest)
      throw new WitanError('verification_failed', `${object} is not the file ${path}`, { key: object, path });
    files.push({ path, mode, bytes });
  }
  return files;
}

function pinnedIn(files: readonly NodeFile[]): PinnedKey {
  const file = files.find(({ path }) => path === 'verify-key.json');
  const parsed = PinnedKey.safeParse(file && JSON.parse(new TextDecoder().decode(file.bytes)));
  if (parsed.success) return parsed.data;
  const details = { path: '--key', expected: "the node's verify-key.json" };
  throw new WitanError('not_found', 'the backup holds no key to verify with', details);
}

async function prepare(to: string, staging: string): Promise<void> {
  const there = existsSync(to) ? await nodeFileSystem.list(to) : [];
  if (there.length > 0)
    throw new WitanError('already_exists', `${to} is not empty`, { path: '--to', expected: 'a new folder' });
  // What an earlier restore left that was cut off.
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
}

/** Destroys what the record says is destroyed, in the restored store of keys. */
async function destroyAgain(staging: string, destroyed: ReadonlySet<string>): Promise<number> {
  const folder = join(staging, 'subject-keys');
  if (destroyed.size === 0 || !existsSync(folder)) return 0;
  const store = new FileSubjectKeyStore(folder);
  try {
    const { keys } = await store.load();
    const again = keys.map(({ keyId }) => keyId).filter((keyId) => destroyed.has(keyId));
    if (again.length > 0) await store.destroy(again);
    return again.length;
  } finally {
    await store.close();
  }
}

async function mark(
  staging: string,
  given: {
    readonly cut: LogCut;
    readonly erasures: RestoredMark['erasures'];
    readonly read: LedgerCheckpoint | null;
    readonly knownSize: number;
    readonly point: string;
    readonly atWallMs: number;
  },
): Promise<void> {
  const { cut, erasures, read, knownSize, point, atWallMs } = given;
  const value: RestoredMark = {
    format: 'witan-restored/1',
    point,
    at: Number.isFinite(atWallMs) ? new Date(atWallMs).toISOString() : null,
    size: cut.size,
    knownSize,
    knownRoot: read?.root ?? null,
    erasures: [...erasures],
  };
  await writeNodeFile(staging, {
    path: RESTORED_FILE,
    mode: 0o600,
    bytes: utf8(`${JSON.stringify(value)}\n`),
  });
}

async function finish(staging: string, to: string): Promise<void> {
  await syncTree(staging);
  await chmod(staging, 0o700);
  await rm(to, { recursive: true, force: true });
  await rename(staging, to);
  await nodeFileSystem.syncFolder(dirname(to));
}

/** Makes every name below a folder durable. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  }
  await nodeFileSystem.syncFolder(folder);
}
