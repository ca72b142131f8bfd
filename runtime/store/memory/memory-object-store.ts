/** Object store in memory. */
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
import { assertObjectKey } from '../objects/object-key.ts';
import {
  assertDestroyable,
  assertLongerLock,
  byKey,
  damagedObject,
  noObject,
  objectDigest,
} from '../objects/protection.ts';
import { PortLife } from '../port-life.ts';
import { WitanError } from '../../../contracts/errors.ts';

interface Held {
  info: ObjectInfo;
  /** Null: a marker. */
  readonly data: Uint8Array | null;
}

/** {@link ObjectPort} that lives as long as the object. */
export class MemoryObjectStore implements ObjectPort {
  readonly #clock: Clock;
  readonly #life = new PortLife('object store');
  /** Versions by key, newest last. */
  readonly #objects = new Map<string, Held[]>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** See ObjectPort. */
  async put(key: string, data: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    this.#life.assertOpen();
    assertObjectKey(key);
    if (!options.overwrite && this.#newest(key)) throw new WitanError('already_exists', `${key} exists`);
    const copy = data.slice();
    const info = this.#infoOf(key, copy, options);
    if (options.retainUntilWallMs !== undefined) assertLongerLock(info, options.retainUntilWallMs);
    this.#add(key, { info, data: copy });
    return info;
  }

  /** See ObjectPort. */
  async get(key: string, { isChecked = true, versionId }: GetOptions = {}): Promise<Uint8Array> {
    this.#life.assertOpen();
    const { info, data } = this.#named(key, versionId);
    if (isChecked && objectDigest(data!) !== info.digest) throw damagedObject(key, { versionId });
    return data!.slice();
  }

  /** See ObjectPort. */
  async head(key: string, { versionId }: VersionChoice = {}): Promise<ObjectInfo | undefined> {
    this.#life.assertOpen();
    return this.#find(key, versionId)?.info;
  }

  /** See ObjectPort. */
  async *list(prefix: string): AsyncIterable<ListedObject> {
    this.#life.assertOpen();
    for (const key of [...this.#objects.keys()].filter((one) => one.startsWith(prefix)).sort(byKey)) {
      const found = this.#newest(key);
      if (!found) continue;
      const { sizeBytes, storedAtWallMs } = found.info;
      yield { key, sizeBytes, storedAtWallMs };
    }
  }

  /** See ObjectPort. */
  async versions(key: string): Promise<ObjectVersion[]> {
    this.#life.assertOpen();
    const all = [...(this.#objects.get(key) ?? [])].reverse();
    return all.map(({ info, data }, at) => {
      const { versionId, sizeBytes, storedAtWallMs } = info;
      return { key, versionId, sizeBytes, storedAtWallMs, isMarker: data === null, isNewest: at === 0 };
    });
  }

  /** See ObjectPort. */
  async delete(key: string, { versionId }: VersionChoice = {}): Promise<void> {
    this.#life.assertOpen();
    const all = this.#objects.get(key) ?? [];
    if (versionId === undefined) {
      if (!this.#newest(key)) return;
      this.#add(key, { info: this.#infoOf(key, new Uint8Array(), {}), data: null });
      return;
    }
    const found = all.find(({ info }) => info.versionId === versionId);
    if (!found) return;
    assertDestroyable(found.info, this.#clock.wallMs());
    const rest = all.filter((one) => one !== found);
    if (rest.length > 0) this.#objects.set(key, rest);
    else this.#objects.delete(key);
  }

  /** See ObjectPort. */
  async retain(key: string, untilWallMs: number, { versionId }: VersionChoice = {}): Promise<void> {
    this.#life.assertOpen();
    const held = this.#named(key, versionId);
    assertLongerLock(held.info, untilWallMs);
    held.info = { ...held.info, retainUntilWallMs: untilWallMs };
  }

  /** See ObjectPort. */
  async hold(key: string, isHeld: boolean, { versionId }: VersionChoice = {}): Promise<void> {
    this.#life.assertOpen();
    const held = this.#named(key, versionId);
    held.info = { ...held.info, legalHold: isHeld };
  }

  /** See ObjectPort. */
  async close(): Promise<void> {
    this.#life.close();
  }

  /** The stored bytes themselves, for tests that damage them. */
  rawBytes(key: string): Uint8Array | undefined {
    return this.#newest(key)?.data ?? undefined;
  }

  #newest(key: string): Held | undefined {
    const last = this.#objects.get(key)?.at(-1);
    return last?.data === null ? undefined : last;
  }

  #find(key: string, versionId: string | undefined): Held | undefined {
    if (versionId === undefined) return this.#newest(key);
    return this.#objects.get(key)?.find(({ info, data }) => data !== null && info.versionId === versionId);
  }

  #named(key: string, versionId: string | undefined): Held {
    const found = this.#find(key, versionId);
    if (!found) throw noObject(key, versionId);
    return found;
  }

  #add(key: string, held: Held): void {
    const all = this.#objects.get(key);
    if (all) all.push(held);
    else this.#objects.set(key, [held]);
  }

  #infoOf(key: string, data: Uint8Array, options: PutOptions): ObjectInfo {
    this.#last += 1;
    return {
      key,
      sizeBytes: data.length,
      digest: objectDigest(data),
      storedAtWallMs: this.#clock.wallMs(),
      versionId: String(this.#last).padStart(10, '0'),
      storageClass: options.storageClass ?? 'STANDARD',
      retainUntilWallMs: options.retainUntilWallMs ?? null,
      legalHold: options.legalHold ?? false,
    };
  }
}
