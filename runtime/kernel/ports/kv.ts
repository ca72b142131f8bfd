/** Port: small values with compare-and-set, the base of leases and shared maps. */

/** A value and the revision that `update` must name. */
export interface KvEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Strictly increasing within the store. */
  readonly revision: number;
}

/** Change seen by a watcher; `value` undefined: deleted. */
export interface KvChange {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

/** Linearisable compare-and-set; reads may be stale, so ownership is decided by CAS and never by `get`. */
export interface KvPort {
  get(key: string): Promise<KvEntry | undefined>;
  /** @throws already_exists */
  create(key: string, value: Uint8Array): Promise<number>;
  /** @throws stale_writer when `revision` is not the key's current one */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  put(key: string, value: Uint8Array): Promise<number>;
  /** @throws stale_writer when `revision` is given and not current */
  delete(key: string, revision?: number): Promise<void>;
  keys(prefix: string): Promise<string[]>;
  /** Current entries first, then changes, in order; ends when `signal` aborts. */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<KvChange>;
  close(): Promise<void>;
}
