/** Key-value store in memory with compare-and-set and ordered watches. */
import { WitanError } from '../../../contracts/errors.ts';
import type { KvChange, KvEntry, KvPort } from '../../kernel/ports/kv.ts';
import { PortLife } from '../port-life.ts';

// Changes that wait for a slow watcher before older ones of the same key are folded into the newest.
const WATCH_BACKLOG = 10_000;

/** {@link KvPort} that lives as long as the object. */
export class MemoryKv implements KvPort {
  readonly #life = new PortLife('key-value store');
  readonly #entries = new Map<string, KvEntry>();
  readonly #watches = new Set<Watch>();
  #revision = 0;

  async get(key: string): Promise<KvEntry | undefined> {
    this.#life.assertOpen();
    const entry = this.#entries.get(key);
    return entry && { ...entry, value: entry.value.slice() };
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    this.#life.assertOpen();
    if (this.#entries.has(key)) throw new WitanError('already_exists', `the key ${key} exists`);
    return this.#write(key, value);
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    this.#assertCurrent(key, revision);
    return this.#write(key, value);
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    this.#life.assertOpen();
    return this.#write(key, value);
  }

  async delete(key: string, revision?: number): Promise<void> {
    this.#life.assertOpen();
    if (revision !== undefined) this.#assertCurrent(key, revision);
    if (!this.#entries.delete(key)) return;
    this.#revision += 1;
    this.#announce({ key, value: undefined, revision: this.#revision });
  }

  async keys(prefix: string): Promise<string[]> {
    this.#life.assertOpen();
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async *watch(prefix: string, signal: AbortSignal): AsyncIterable<KvChange> {
    this.#life.assertOpen();
    if (signal.aborted) return;
    const current = [...this.#entries.values()].filter((entry) => entry.key.startsWith(prefix));
    const watch = new Watch(
      prefix,
      current.sort((left, right) => left.revision - right.revision),
    );
    const onAbort = (): void => watch.end();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#watches.add(watch);
    try {
      for (let change = await watch.next(); change; change = await watch.next()) {
        yield { ...change, value: change.value?.slice() };
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#watches.delete(watch);
    }
  }

  async close(): Promise<void> {
    if (!this.#life.close()) return;
    for (const watch of this.#watches) watch.end();
  }

  #assertCurrent(key: string, revision: number): void {
    this.#life.assertOpen();
    const current = this.#entries.get(key)?.revision;
    if (current === revision) return;
    throw new WitanError('stale_writer', `${key} is not at revision ${revision}`, {
      expected: current === undefined ? 'no such key' : `revision ${current}`,
    });
  }

  #write(key: string, value: Uint8Array): number {
    this.#revision += 1;
    const entry = { key, value: value.slice(), revision: this.#revision };
    this.#entries.set(key, entry);
    this.#announce(entry);
    return entry.revision;
  }

  #announce(change: KvChange): void {
    for (const watch of this.#watches) if (change.key.startsWith(watch.prefix)) watch.push(change);
  }
}

class Watch {
  readonly prefix: string;
  #backlog: KvChange[];
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(prefix: string, current: KvChange[]) {
    this.prefix = prefix;
    this.#backlog = current;
  }

  push(change: KvChange): void {
    this.#backlog.push(change);
    if (this.#backlog.length > WATCH_BACKLOG) this.#fold();
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Next change, or undefined once the watch has ended. */
  async next(): Promise<KvChange | undefined> {
    while (!this.#isEnded && this.#backlog.length === 0) {
      await new Promise<void>((wake) => (this.#wake = wake));
      this.#wake = undefined;
    }
    return this.#isEnded ? undefined : this.#backlog.shift();
  }

  #fold(): void {
    const newest = new Map<string, KvChange>();
    for (const change of this.#backlog) {
      newest.delete(change.key);
      newest.set(change.key, change);
    }
    this.#backlog = [...newest.values()];
  }
}
