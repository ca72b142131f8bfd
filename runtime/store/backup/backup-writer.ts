/** Backs a node up: its log in batches, its files in points, what must not go back in time in one copy. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import type { ArchiveKey } from '../archive/archive-key.ts';
import { archiveBase } from '../archive/archive-names.ts';
import { encodeSigned } from '../archive/archive-signature.ts';
import type { StepHook } from '../archive/archive-steps.ts';
import { ArchiveWriter, confirm } from '../archive/archive-writer.ts';
import type { ArchiveSource } from '../archive/archive-writer.ts';
import type { ManifestSigner } from '../archive/manifest.ts';
import { purgeObject } from '../archive/purge-object.ts';
import { sealObject } from '../archive/sealed-object.ts';
import { objectDigest } from '../objects/protection.ts';
import { parsePoint, pointName, pointOfName } from './backup-point.ts';
import type { PointBody } from './backup-point.ts';
import { replaceNewest } from './newest-copy.ts';
import { listNodeFiles, readNodeFile } from './node-files.ts';
import { retainedPoints } from './retention.ts';
import type { BackupRetention, RetainedPoint } from './retention.ts';

const DAY_MS = 86_400_000;
/** Objects younger than this are never removed: a point that names them may be on its way. */
const YOUNG_MS = 3_600_000;

/** Settings of {@link BackupWriter}. */
export interface BackupWriterOptions {
  readonly objects: ObjectPort;
  readonly prefix: string;
  readonly dataDir: string;
  readonly source: ArchiveSource;
  readonly key: ArchiveKey;
  readonly signer: () => ManifestSigner;
  readonly clock: Clock;
  readonly retention: BackupRetention;
  /** Paths that are not backed up: stores that lie in the data folder. */
  readonly excluded?: readonly string[];
  readonly packMaxCount: number;
  readonly packBytes: number;
  readonly step?: StepHook | undefined;
  readonly onProgress?: ((doneCount: number, totalCount: number) => void) | undefined;
}

/** What one backup did. */
export interface BackupReport {
  /** Name of the point's object. */
  readonly point: string;
  readonly createdAt: string;
  readonly firstIndex: number;
  /** Index after the last entry that the backup holds. */
  readonly logSize: number;
  readonly fileCount: number;
  /** Objects that were new, and their bytes. */
  readonly storedCount: number;
  readonly storedBytes: number;
  /** Points that the retention let go. */
  readonly removedCount: number;
}

/** Names of a backup's objects. */
export function backupNames(prefix: string, logId: string): BackupNames {
  const base = archiveBase(prefix, logId);
  return { points: `${base}points/`, files: `${base}files/`, newest: `${base}newest` };
}

/** See {@link backupNames}; folders end with a slash. */
export interface BackupNames {
  readonly points: string;
  readonly files: string;
  readonly newest: string;
}

/** Points of a backup, oldest first. */
export async function listPoints(
  objects: ObjectPort,
  names: BackupNames,
): Promise<readonly (RetainedPoint & { readonly key: string })[]> {
  const points: (RetainedPoint & { key: string })[] = [];
  for await (const { key } of objects.list(names.points)) {
    const point = pointOfName(key);
    if (point) points.push({ key, ...point });
  }
  return points.sort((left, right) => left.atWallMs - right.atWallMs);
}

/** Backs one node up into one store. One backup at a time; cut off, the next one takes up its place. */
export class BackupWriter {
  readonly #options: BackupWriterOptions;
  readonly #names: BackupNames;
  readonly #log: ArchiveWriter;
  #storedCount = 0;
  #storedBytes = 0;

  constructor(options: BackupWriterOptions) {
    const { objects, prefix, source, key, signer, clock, packMaxCount, packBytes, step, onProgress } =
      options;
    this.#options = options;
    this.#names = backupNames(prefix, source.logId);
    const limits = { packMaxCount, packBytes };
    this.#log = new ArchiveWriter({
      objects,
      prefix,
      source,
      key,
      signer,
      clock,
      ...limits,
      step,
      onProgress,
    });
  }

  /** Entries that the store holds, as far as is known without asking it. */
  coveredCount(): number {
    return this.#log.coveredCount();
  }

  /** Time of the newest point; undefined: there is none. */
  async newestAtWallMs(): Promise<number | undefined> {
    return (await listPoints(this.#options.objects, this.#names)).at(-1)?.atWallMs;
  }

  /**
   * Makes a point. Log first, files after it: a key that signed an entry is in the files, or newer than them.
   * @throws conflict when the store holds another history of this log, storage_failed, unavailable,
   *   permission_denied when the store locks what must be replaced, verification_failed
   */
  async write(kind: PointBody['kind'], label = ''): Promise<BackupReport> {
    const { objects, dataDir, excluded, clock, source } = this.#options;
    this.#storedCount = 0;
    this.#storedBytes = 0;
    const firstIndex = await this.#log.end('tail');
    await this.#writeLog();
    const logSize = await this.#log.end('tail');
    const paths = await listNodeFiles(dataDir, excluded);
    await this.#replaceNewest(paths.newest);
    const files: PointBody['files'] = [];
    for (const path of paths.point) {
      const file = await this.#storeFile(path);
      if (file) files.push(file);
    }
    const atWallMs = Math.floor(clock.wallMs());
    const last = logSize === 0 ? undefined : await source.entry(logSize - 1);
    const signer = this.#options.signer();
    const body: PointBody = {
      format: 'witan-backup/1',
      kind,
      label,
      logId: source.logId,
      createdAt: new Date(atWallMs).toISOString(),
      logSize,
      logChainHash: (last?.chainHash ?? null) as PointBody['logChainHash'],
      files,
      encryption: { cipher: 'aes-256-gcm', keyId: this.#options.key.keyId },
      signedBy: signer.keyId,
    };
    const point = `${this.#names.points}${pointName(atWallMs, kind)}`;
    await this.#step('backup:point-put');
    const bytes = encodeSigned(body, signer);
    await objects.put(point, bytes);
    await this.#step('backup:point-confirm');
    await confirm(objects, point, objectDigest(bytes));
    const removedCount = await this.#retain();
    const { createdAt } = body;
    const stored = { storedCount: this.#storedCount, storedBytes: this.#storedBytes };
    return { point, createdAt, firstIndex, logSize, fileCount: files.length, ...stored, removedCount };
  }

  /** New entries as a tail; once a day they become a batch, and the tails go. */
  async #writeLog(): Promise<void> {
    const batchAt = await this.#log.newestAtWallMs('batch');
    const isDue = batchAt === undefined || this.#options.clock.wallMs() - batchAt >= DAY_MS;
    const report = await this.#log.write(isDue ? 'batch' : 'tail');
    this.#storedBytes += report?.sizeBytes ?? 0;
    this.#storedCount += report ? report.packCount + 1 : 0;
  }

  async #replaceNewest(paths: readonly string[]): Promise<void> {
    const { objects, dataDir, key } = this.#options;
    const files = [];
    for (const path of paths) {
      const file = await readNodeFile(dataDir, path);
      if (file) files.push(file);
    }
    if (files.length === 0 && !(await objects.head(this.#names.newest))) return;
    await this.#step('backup:subjects-put');
    const place = { objects, key: this.#names.newest, secret: key.secret };
    await replaceNewest(place, files, () => this.#step('backup:subjects-purge'));
  }

  async #storeFile(path: string): Promise<PointBody['files'][number] | undefined> {
    const { objects, dataDir, key } = this.#options;
    const file = await readNodeFile(dataDir, path);
    if (!file) return undefined;
    const sealed = sealObject(key.secret, file.bytes);
    const object = `${this.#names.files}${sealed.id}`;
    if (!(await objects.head(object))) {
      await this.#step('backup:blob-put');
      await objects.put(object, sealed.bytes).catch((error: WitanError) => {
        if (error.code !== 'already_exists') throw error;
      });
      await confirm(objects, object, objectDigest(sealed.bytes));
      this.#storedCount += 1;
      this.#storedBytes += sealed.bytes.length;
    }
    const { mode, bytes } = file;
    return { path, mode, digest: objectDigest(bytes), sizeBytes: bytes.length, object };
  }

  /** Lets points go that the retention no longer asks for, then files that no point names. */
  async #retain(): Promise<number> {
    const { objects, clock, retention } = this.#options;
    const points = await listPoints(objects, this.#names);
    const { kept, dropped } = retainedPoints(points, clock.wallMs(), retention);
    for (const { key } of dropped) {
      await this.#step('backup:point-remove');
      await purgeObject(objects, key);
    }
    if (dropped.length === 0) return 0;
    const named = new Set<string>();
    for (const { point } of kept) {
      const { body } = parsePoint(await objects.get(point.key), point.key);
      for (const { object } of body.files) named.add(object);
    }
    const gone: string[] = [];
    for await (const { key, storedAtWallMs } of objects.list(this.#names.files)) {
      if (!named.has(key) && clock.wallMs() - storedAtWallMs > YOUNG_MS) gone.push(key);
    }
    for (const key of gone) await purgeObject(objects, key);
    return dropped.length;
  }

  async #step(name: Parameters<StepHook>[0]): Promise<void> {
    await this.#options.step?.(name);
  }
}
