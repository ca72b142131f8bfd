/** Port: immutable blobs by name. */

/** What is known of a stored object. */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** `sha256:` + hex, computed while storing. */
  readonly digest: string;
  readonly storedAtWallMs: number;
}

/** Object store; a put is atomic: the whole object is there or nothing is. */
export interface ObjectPort {
  /** @throws already_exists unless `overwrite` */
  put(key: string, data: Uint8Array, options?: { overwrite?: boolean }): Promise<ObjectInfo>;
  /** @throws not_found, verification_failed when the stored bytes do not match their digest */
  get(key: string): Promise<Uint8Array>;
  head(key: string): Promise<ObjectInfo | undefined>;
  list(prefix: string): AsyncIterable<ObjectInfo>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}
