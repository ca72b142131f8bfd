/**
 * Port: immutable blobs by name, with versions, retention locks and legal holds.
 *
 * Names and rules are those of S3, because that is where archives go: a put over an existing name makes a new
 * version, a plain delete hides the name behind a marker, and only the delete of a named version destroys
 * bytes. A version that is locked or held is not destroyed by anybody who comes through this port.
 */

/** Class that a version is stored in; the dearer to keep, the cheaper to read. */
export type StorageClass = 'STANDARD' | 'STANDARD_IA' | 'GLACIER_IR' | 'DEEP_ARCHIVE';

/** What is known of a stored object. */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** `sha256:` + hex, computed while storing. */
  readonly digest: string;
  readonly storedAtWallMs: number;
  /** Name of this version; the only one where the store keeps none. */
  readonly versionId: string;
  readonly storageClass: StorageClass;
  /** Until then nobody destroys this version (mode `compliance`); null: not locked. */
  readonly retainUntilWallMs: number | null;
  /** Nobody destroys this version while the hold stands. */
  readonly legalHold: boolean;
}

/** An object as a listing shows it. */
export type ListedObject = Pick<ObjectInfo, 'key' | 'sizeBytes' | 'storedAtWallMs'>;

/** One version, or a marker that hides the name since then. */
export interface ObjectVersion extends ListedObject {
  readonly versionId: string;
  readonly isMarker: boolean;
  readonly isNewest: boolean;
}

/** How an object is stored. */
export interface PutOptions {
  /** Makes a new version where there is one; absent: `already_exists`. */
  readonly overwrite?: boolean;
  readonly storageClass?: StorageClass;
  /** Locks the version in mode `compliance`: nobody shortens it, nobody destroys it before. */
  readonly retainUntilWallMs?: number;
  readonly legalHold?: boolean;
}

/** Which version is meant; absent: the newest. */
export interface VersionChoice {
  readonly versionId?: string;
}

/** How an object is read. */
export interface GetOptions extends VersionChoice {
  /** False: the caller checks the bytes itself, and gets them also when they are damaged (default true). */
  readonly isChecked?: boolean;
}

/**
 * Object store; a put is atomic: the whole object is there or nothing is.
 *
 * A store that has no versions, locks or holds says `not_supported` rather than ignore them.
 */
export interface ObjectPort {
  /**
   * Resolves when the object is durable.
   * @throws already_exists unless `overwrite`, not_supported for a lock that this store cannot keep,
   *   storage_failed (nothing was stored), unavailable (the outcome is unknown)
   */
  put(key: string, data: Uint8Array, options?: PutOptions): Promise<ObjectInfo>;
  /** @throws not_found, verification_failed when the stored bytes do not match their digest, unavailable */
  get(key: string, options?: GetOptions): Promise<Uint8Array>;
  /** Undefined for a name that is not there or hidden. */
  head(key: string, choice?: VersionChoice): Promise<ObjectInfo | undefined>;
  /** Names that begin with `prefix`, sorted by their UTF-8 bytes; hidden ones are left out. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Versions and markers of one name, newest first. @throws not_supported */
  versions(key: string): Promise<ObjectVersion[]>;
  /**
   * Hides a name behind a marker; with a version, destroys that one. A name that is not there is harmless.
   * @throws permission_denied with `details.retainUntilWallMs` or `details.legalHold` for a protected version
   */
  delete(key: string, choice?: VersionChoice): Promise<void>;
  /**
   * Locks a version until then; a lock is only ever made longer.
   * @throws permission_denied for an earlier end than it has, not_found, not_supported
   */
  retain(key: string, untilWallMs: number, choice?: VersionChoice): Promise<void>;
  /** Sets or lifts a legal hold. @throws not_found, not_supported */
  hold(key: string, isHeld: boolean, choice?: VersionChoice): Promise<void>;
  close(): Promise<void>;
}
