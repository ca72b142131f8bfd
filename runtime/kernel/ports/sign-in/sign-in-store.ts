/** Port: users and sessions that a node keeps. Secrets come here as digests, hashes or sealed. Times are wall ms. */

/** A second factor that a user has set up. */
export interface FactorRecord {
  /** Secret of the authenticator, sealed by the node. */
  readonly sealed: string;
  readonly confirmedAtWallMs: number;
  /** Last time step whose code was taken; none up to it is taken again. */
  readonly lastStep: number;
  /** Hashes of recovery codes that were not used yet. */
  readonly recovery: readonly string[];
}

/** A user. */
export interface UserRecord {
  /** `user:<provider>/<subject>`; the provider of local users is `local`. */
  readonly id: string;
  readonly tenant: string;
  /** Roles of a local user; those of others come from their provider each time. */
  readonly roles: readonly string[];
  readonly createdAtWallMs: number;
  readonly disabledAtWallMs: number | null;
  /** Hash of a local user's password; null: there is none. */
  readonly password: string | null;
  /** SHA-256 of the token that sets a password, and its end. */
  readonly setUp: { readonly digest: string; readonly endsAtWallMs: number } | null;
  readonly factor: FactorRecord | null;
  /** Counts changes from 0. */
  readonly revision: number;
}

/** What a session still lacks before it may do anything. */
export type FactorState = 'not-needed' | 'needed' | 'done';

/** A session. */
export interface SessionRecord {
  /** SHA-256 of its secret, 64 hex digits. */
  readonly digest: string;
  readonly userId: string;
  readonly tenant: string;
  /** What it may do once nothing is lacking. */
  readonly scopes: readonly string[];
  readonly factor: FactorState;
  readonly beganAtWallMs: number;
  readonly endsAtWallMs: number;
  readonly seenAtWallMs: number;
  /** When the provider last said that the user may. */
  readonly checkedAtWallMs: number;
  /** Name of the person and tokens of the provider, sealed. */
  readonly sealed: string;
}

/** Keeps users so that a resolved write outlives a power cut (but for implementations in memory). */
export interface SignInStorePort {
  /** @throws storage_failed, verification_failed (damaged) */
  users(): Promise<readonly UserRecord[]>;
  /** Adds (revision 0) or replaces the revision before. @throws stale_writer, storage_failed */
  putUser(record: UserRecord): Promise<void>;
  /** @throws storage_failed, verification_failed (damaged) */
  sessions(): Promise<readonly SessionRecord[]>;
  /** Adds or replaces. @throws storage_failed */
  putSession(record: SessionRecord): Promise<void>;
  /** Idempotent. @throws storage_failed */
  removeSession(digest: string): Promise<void>;
  /** The 32 bytes that seal what is kept, made at first; never leaves the node. @throws storage_failed */
  sealKey(): Promise<Uint8Array>;
  /** Idempotent. */
  close(): Promise<void>;
}
