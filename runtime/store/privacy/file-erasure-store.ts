/** Erasures and holds in one synced file each, so that they go on after a crash. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type {
  ErasureStorePort,
  RetentionMark,
  StoredErasure,
  StoredLegalHold,
} from '../../kernel/ports/erasure-store.ts';
import { makePrivateFolder, writeSyncedFile } from '../synced-file.ts';

const MARK_FILE = 'retention.json';
const FILE = /^[xh][0-9a-f]{32}\.json$/;

/** ErasureStorePort on files, for the node's user alone. */
export class FileErasureStore implements ErasureStorePort {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** See ErasureStorePort. Oldest first. */
  async load(): Promise<{ erasures: StoredErasure[]; holds: StoredLegalHold[] }> {
    await makePrivateFolder(this.#folder);
    const names = (await readdir(this.#folder)).filter((name) => FILE.test(name));
    const read = await Promise.all(names.map((name) => this.#read(name)));
    const erasures = read.filter((one) => one.format === 'witan-erasure-state/1');
    const holds = read.filter((one) => one.format === 'witan-legal-hold/1');
    erasures.sort((left, right) => left.requestedAtWallMs - right.requestedAtWallMs);
    return { erasures, holds };
  }

  /** See ErasureStorePort. */
  async saveErasure(erasure: StoredErasure): Promise<void> {
    await this.#write(erasure.erasureId, erasure);
  }

  /** See ErasureStorePort. */
  async saveHold(hold: StoredLegalHold): Promise<void> {
    await this.#write(hold.holdId, hold);
  }

  /** See ErasureStorePort. */
  async retentionMark(): Promise<RetentionMark | undefined> {
    const text = await readFile(join(this.#folder, MARK_FILE), 'utf8').catch((error: unknown) => {
      if ((error as { code?: string }).code === 'ENOENT') return undefined;
      throw new WitanError('storage_failed', `${MARK_FILE} could not be read`, {}, error);
    });
    if (text === undefined) return undefined;
    try {
      const mark = JSON.parse(text) as RetentionMark;
      if (mark.format !== 'witan-retention/1' || !Number.isSafeInteger(mark.fromIndex))
        throw new Error('another format');
      return mark;
    } catch (cause) {
      const details = { path: MARK_FILE, expected: 'a mark of the form witan-retention/1' };
      throw new WitanError('verification_failed', `${MARK_FILE} is damaged`, details, cause);
    }
  }

  /** See ErasureStorePort. */
  async saveRetentionMark(mark: RetentionMark): Promise<void> {
    await makePrivateFolder(this.#folder);
    await writeSyncedFile(join(this.#folder, MARK_FILE), `${JSON.stringify(mark)}\n`);
  }

  async #write(name: string, value: StoredErasure | StoredLegalHold): Promise<void> {
    await writeSyncedFile(join(this.#folder, `${name}.json`), `${JSON.stringify(value)}\n`);
  }

  async #read(name: string): Promise<StoredErasure | StoredLegalHold> {
    try {
      const value = JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as
        StoredErasure | StoredLegalHold;
      if (value.format !== 'witan-erasure-state/1' && value.format !== 'witan-legal-hold/1')
        throw new Error('another format');
      return value;
    } catch (cause) {
      const details = { path: name, expected: 'an erasure or a hold as it was stored' };
      throw new WitanError('verification_failed', `${name} is damaged`, details, cause);
    }
  }
}

/** ErasureStorePort that lives as long as the process. */
export class MemoryErasureStore implements ErasureStorePort {
  readonly #erasures = new Map<string, StoredErasure>();
  readonly #holds = new Map<string, StoredLegalHold>();
  #mark: RetentionMark | undefined;

  /** See ErasureStorePort. */
  async load(): Promise<{ erasures: StoredErasure[]; holds: StoredLegalHold[] }> {
    return { erasures: [...this.#erasures.values()], holds: [...this.#holds.values()] };
  }

  /** See ErasureStorePort. */
  async saveErasure(erasure: StoredErasure): Promise<void> {
    this.#erasures.set(erasure.erasureId, erasure);
  }

  /** See ErasureStorePort. */
  async saveHold(hold: StoredLegalHold): Promise<void> {
    this.#holds.set(hold.holdId, hold);
  }

  /** See ErasureStorePort. */
  async retentionMark(): Promise<RetentionMark | undefined> {
    return this.#mark;
  }

  /** See ErasureStorePort. */
  async saveRetentionMark(mark: RetentionMark): Promise<void> {
    this.#mark = mark;
  }
}
