/** Object store in memory. */
import { hash } from 'node:crypto';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ObjectInfo, ObjectPort } from '../../kernel/ports/object.ts';
import { assertObjectKey } from '../object-key.ts';
import { PortLife } from '../port-life.ts';

/** {@link ObjectPort} that lives as long as the object. */
export class MemoryObjectStore implements ObjectPort {
  readonly #clock: Clock;
  readonly #life = new PortLife('object store');
  readonly #objects = new Map<string, { info: ObjectInfo; data: Uint8Array }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async put(key: string, data: Uint8Array, options: { overwrite?: boolean } = {}): Promise<ObjectInfo> {
    this.#life.assertOpen();
    assertObjectKey(key);
    if (!options.overwrite && this.#objects.has(key)) throw new WitanError('already_exists', `${key} exists`);
    const copy = data.slice();
    const info = {
      key,
      sizeBytes: copy.length,
      digest: digestOf(copy),
      storedAtWallMs: this.#clock.wallMs(),
    };
    this.#objects.set(key, { info, data: copy });
    return info;
  }

  async get(key: string): Promise<Uint8Array> {
    this.#life.assertOpen();
    const object = this.#objects.get(key);
    if (!object) throw new WitanError('not_found', `there is no object ${key}`);
    if (digestOf(object.data) !== object.info.digest) {
      throw new WitanError('verification_failed', `the bytes of ${key} do not match their digest`);
    }
    return object.data.slice();
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    this.#life.assertOpen();
    return this.#objects.get(key)?.info;
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    this.#life.assertOpen();
    for (const key of [...this.#objects.keys()].sort()) {
      const object = this.#objects.get(key);
      if (object && key.startsWith(prefix)) yield object.info;
    }
  }

  async delete(key: string): Promise<void> {
    this.#life.assertOpen();
    this.#objects.delete(key);
  }

  async close(): Promise<void> {
    this.#life.close();
  }

  /** The stored bytes themselves, for tests that damage them. */
  rawBytes(key: string): Uint8Array | undefined {
    return this.#objects.get(key)?.data;
  }
}

function digestOf(data: Uint8Array): string {
  return `sha256:${hash('sha256', data, 'hex')}`;
}
