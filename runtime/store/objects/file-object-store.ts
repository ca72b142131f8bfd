/**
 * Object store on files: the default, where archives and backups lie beside the node or on a mounted disk.
 *
 * One folder a key holds a pair of files a version: bytes, and a version file that is linked into place last
 * and makes the version exist. Both are written aside, synced and renamed, then the folder is synced. Locks
 * and holds bind everybody who comes through this port; whoever may write the folder itself can remove files.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type {
  GetOptions,
  ListedObject,
  ObjectInfo,
  ObjectPort,
  ObjectVersion,
  PutOptions,
  VersionChoice,
} from '../../kernel/ports/object.ts';
import { PortLife } from '../port-life.ts';
import { writeSyncedFile } from '../synced-file.ts';
import { objectFolder, OBJECT_SUFFIX, prefixFolder } from './object-places.ts';
import {
  assertDestroyable,
  assertLongerLock,
  byKey,
  damagedObject,
  noObject,
  objectDigest,
} from './protection.ts';
import { blockSums, firstDamage, parseVersionFile } from './version-file.ts';
import type { VersionFile } from './version-file.ts';

/** Version files of one key that a put tries to link before it gives up: others write the same key. */
const MAX_RACES = 1_000;
const VERSION_NAME = /^\d{10}\.json$/;

/** Settings of {@link FileObjectStore}. */
export interface FileObjectStoreOptions {
  /** Made, for its owner alone, when the first object is put. */
  readonly folder: string;
  readonly clock: Clock;
}

/** {@link ObjectPort} on files of mode 0600, in folders of mode 0700. */
export class FileObjectStore implements ObjectPort {
  readonly #root: string;
  readonly #clock: Clock;
  readonly #life = new PortLife('object store');

  constructor({ folder, clock }: FileObjectStoreOptions) {
    this.#root = folder;
    this.#clock = clock;
  }

  /** See ObjectPort. */
  async put(key: string, data: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    this.#life.assertOpen();
    const folder = objectFolder(this.#root, key);
    const copy = data.slice();
    const { retainUntilWallMs = null, legalHold = false } = options;
    const content = {
      sizeBytes: copy.length,
      digest: objectDigest(copy),
      blocks: blockSums(copy),
      storageClass: options.storageClass ?? ('STANDARD' as const),
      retainUntilWallMs,
      legalHold,
    };
    if (retainUntilWallMs !== null)
      assertLongerLock({ key, versionId: '', retainUntilWallMs: null, legalHold }, retainUntilWallMs);
    return stored(async () => {
      if (!options.overwrite && (await this.#newest(folder))) throw exists(key);
      await makeSyncedFolder(folder);
      const { handle, name } = await this.#writeData(folder, copy);
      try {
        return infoOf(
          await this.#link(folder, { key, content, name, overwrite: options.overwrite ?? false }),
        );
      } catch (error) {
        await rm(handle, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  /** See ObjectPort. @throws verification_failed with `details.offset`, the first damaged block */
  async get(key: string, { isChecked = true, versionId }: GetOptions = {}): Promise<Uint8Array> {
    this.#life.assertOpen();
    const folder = objectFolder(this.#root, key);
    return stored(async () => {
      const version = await this.#named(key, versionId);
      const data = await readFile(join(folder, version.data!)).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') throw damagedObject(key, { offset: 0, expected: version.data });
        throw cause;
      });
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
      if (!isChecked || objectDigest(bytes) === version.digest) return bytes;
      throw damagedObject(key, {
        versionId: version.versionId,
        offset: firstDamage(bytes, version) ?? version.sizeBytes,
      });
    });
  }

  /** See ObjectPort. */
  async head(key: string, { versionId }: VersionChoice = {}): Promise<ObjectInfo | undefined> {
    this.#life.assertOpen();
    const version = await stored(() => this.#find(key, versionId));
    return version && infoOf(version);
  }

  /** See ObjectPort. */
  async *list(prefix: string): AsyncIterable<ListedObject> {
    this.#life.assertOpen();
    const folders = await stored(() => objectFolders(prefixFolder(this.#root, prefix)));
    const found: ListedObject[] = [];
    for (const folder of folders) {
      const version = await stored(() => this.#newest(folder));
      if (!version?.key.startsWith(prefix)) continue;
      const { key, sizeBytes, storedAtWallMs } = version;
      found.push({ key, sizeBytes, storedAtWallMs });
    }
    yield* found.sort((left, right) => byKey(left.key, right.key));
  }

  /** See ObjectPort. */
  async versions(key: string): Promise<ObjectVersion[]> {
    this.#life.assertOpen();
    const folder = objectFolder(this.#root, key);
    return stored(async () => {
      const names = (await versionNames(folder)).reverse();
      const all = await Promise.all(names.map((name) => readVersion(folder, name)));
      return all.flatMap((version, at) => {
        if (!version) return [];
        const { versionId, sizeBytes, storedAtWallMs, data } = version;
        return [{ key, versionId, sizeBytes, storedAtWallMs, isMarker: data === null, isNewest: at === 0 }];
      });
    });
  }

  /** See ObjectPort. */
  async delete(key: string, { versionId }: VersionChoice = {}): Promise<void> {
    this.#life.assertOpen();
    const folder = objectFolder(this.#root, key);
    await stored(async () => {
      if (versionId === undefined) {
        if (!(await this.#newest(folder))) return;
        const content = { sizeBytes: 0, digest: objectDigest(new Uint8Array()), blocks: [] };
        const unprotected = { storageClass: 'STANDARD' as const, retainUntilWallMs: null, legalHold: false };
        const marker = { key, content: { ...content, ...unprotected }, name: null, overwrite: true };
        await this.#link(folder, marker);
        return;
      }
      const version = await readVersion(folder, `${versionId}.json`);
      if (!version) return;
      assertDestroyable(version, this.#clock.wallMs());
      // The version goes first: bytes without one are nothing.
      await rm(join(folder, `${versionId}.json`), { force: true });
      await syncFolder(folder);
      if (version.data !== null) await rm(join(folder, version.data), { force: true });
    });
  }

  /** See ObjectPort. */
  async retain(key: string, untilWallMs: number, { versionId }: VersionChoice = {}): Promise<void> {
    this.#life.assertOpen();
    const version = await stored(() => this.#named(key, versionId));
    assertLongerLock(version, untilWallMs);
    await this.#rewrite({ ...version, retainUntilWallMs: untilWallMs });
  }

  /** See ObjectPort. */
  async hold(key: string, isHeld: boolean, { versionId }: VersionChoice = {}): Promise<void> {
    this.#life.assertOpen();
    const version = await stored(() => this.#named(key, versionId));
    await this.#rewrite({ ...version, legalHold: isHeld });
  }

  /** See ObjectPort. */
  async close(): Promise<void> {
    this.#life.close();
  }

  async #rewrite(version: VersionFile): Promise<void> {
    const folder = objectFolder(this.#root, version.key);
    await writeSyncedFile(join(folder, `${version.versionId}.json`), textOf(version));
  }

  async #writeData(folder: string, data: Uint8Array): Promise<{ handle: string; name: string }> {
    const mark = randomBytes(8).toString('hex');
    const temporary = join(folder, `${mark}.tmp`);
    const last = (await versionNames(folder)).at(-1);
    const name = `${numbered(last === undefined ? 1 : Number(last.slice(0, 10)) + 1)}-${mark}.bin`;
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(data);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(folder, name));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    return { handle: join(folder, name), name };
  }

  /** Gives a version its number: the first that nobody else has taken. */
  async #link(folder: string, { key, content, name, overwrite }: NewVersion): Promise<VersionFile> {
    const temporary = join(folder, `${randomBytes(8).toString('hex')}.tmp`);
    for (let race = 0; race < MAX_RACES; race += 1) {
      const last = (await versionNames(folder)).at(-1);
      if (!overwrite && (await this.#newest(folder))) throw exists(key);
      const versionId = numbered(last === undefined ? 1 : Number(last.slice(0, 10)) + 1);
      const storedAtWallMs = this.#clock.wallMs();
      const version: VersionFile = {
        format: 'witan-object/1',
        key,
        versionId,
        data: name,
        ...content,
        storedAtWallMs,
      };
      try {
        await writeSyncedFile(temporary, textOf(version));
        await link(temporary, join(folder, `${versionId}.json`));
        await syncFolder(folder);
        return version;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    }
    throw new WitanError('unavailable', `too many writers of ${key}`, { key });
  }

  async #find(key: string, versionId: string | undefined): Promise<VersionFile | undefined> {
    const folder = objectFolder(this.#root, key);
    if (versionId === undefined) return this.#newest(folder);
    if (!/^\d{10}$/.test(versionId)) return undefined;
    const version = await readVersion(folder, `${versionId}.json`);
    return version?.data === null ? undefined : version;
  }

  async #named(key: string, versionId: string | undefined): Promise<VersionFile> {
    const version = await this.#find(key, versionId);
    if (!version) throw noObject(key, versionId);
    return version;
  }

  async #newest(folder: string): Promise<VersionFile | undefined> {
    const last = (await versionNames(folder)).at(-1);
    const version = last === undefined ? undefined : await readVersion(folder, last);
    return version?.data === null ? undefined : version;
  }
}

interface NewVersion {
  readonly key: string;
  readonly content: Omit<VersionFile, 'format' | 'key' | 'versionId' | 'data' | 'storedAtWallMs'>;
  /** Null: a marker. */
  readonly name: string | null;
  readonly overwrite: boolean;
}

function infoOf(version: VersionFile): ObjectInfo {
  const { format: _format, data: _data, blocks: _blocks, ...info } = version;
  return info;
}

function numbered(number: number): string {
  return String(number).padStart(10, '0');
}

function textOf(version: VersionFile): string {
  return `${JSON.stringify(version)}\n`;
}

async function versionNames(folder: string): Promise<string[]> {
  const names = await unlessMissing(readdir(folder));
  return (names ?? []).filter((name) => VERSION_NAME.test(name)).sort();
}

async function readVersion(folder: string, name: string): Promise<VersionFile | undefined> {
  const path = join(folder, name);
  const text = await unlessMissing(readFile(path, 'utf8'));
  return text === undefined ? undefined : parseVersionFile(text, path);
}

/** Folders of objects at and below a folder. */
async function objectFolders(folder: string): Promise<string[]> {
  const entries = (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? [];
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    if (entry.name.endsWith(OBJECT_SUFFIX)) found.push(path);
    else found.push(...(await objectFolders(path)));
  }
  return found;
}

/** Makes a folder and its parents; each new name is on the disk when this resolves. */
async function makeSyncedFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let path = folder; path.length >= first.length; path = dirname(path)) await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function exists(key: string): WitanError {
  return new WitanError('already_exists', `${key} exists`, { key });
}

async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof WitanError) throw toWitanError(cause);
    const { code } = cause as { code?: string };
    throw new WitanError('storage_failed', `an object could not be read or stored: ${code}`, { code }, cause);
  }
}
