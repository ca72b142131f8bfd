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

/** What may change of a session. */
export type SessionChange = Partial<
  Pick<SessionRecord, 'scopes' | 'seenAtWallMs' | 'checkedAtWallMs' | 'sealed'>
>;

/**
 * Keeps users and sessions so that a resolved write outlives a power cut (but for implementations in memory).
 *
 * What ended stays ended: a change never brings a session back, and the time of its last use never goes back.
 */
export interface SignInStorePort {
  /** Whether other nodes may change it: then nothing that was read stays true. */
  readonly isShared: boolean;
  /** @throws storage_failed, unavailable, verification_failed (damaged) */
  users(): Promise<readonly UserRecord[]>;
  /** @throws storage_failed, unavailable */
  user(id: string): Promise<UserRecord | undefined>;
  /** User whose set-up token has this digest. @throws storage_failed, unavailable */
  userOfSetUp(digest: string): Promise<UserRecord | undefined>;
  /** @throws storage_failed, unavailable */
  userCount(): Promise<number>;
  /** Adds (revision 0) or replaces the revision before. @throws stale_writer, storage_failed, unavailable */
  putUser(record: UserRecord): Promise<void>;
  /** @throws storage_failed, unavailable, verification_failed (damaged) */
  sessions(): Promise<readonly SessionRecord[]>;
  /** @throws storage_failed, unavailable */
  session(digest: string): Promise<SessionRecord | undefined>;
  /** Sessions of a user, oldest first. @throws storage_failed, unavailable */
  sessionsOf(userId: string): Promise<readonly SessionRecord[]>;
  /** @throws storage_failed, unavailable */
  sessionCount(): Promise<number>;
  /** @throws already_exists, storage_failed, unavailable */
  addSession(record: SessionRecord): Promise<void>;
  /** False: there is none any more. @throws storage_failed, unavailable */
  changeSession(digest: string, change: SessionChange): Promise<boolean>;
  /**
   * Whether this node may ask the provider of a session that was last checked then; another node that may
   * already, keeps it for half a minute. @throws storage_failed, unavailable
   */
  claimCheck(digest: string, checkedAtWallMs: number): Promise<boolean>;
  /** False: there was none. @throws storage_failed, unavailable */
  removeSession(digest: string): Promise<boolean>;
  /** Removes sessions that ended, or were last seen, at or before these times. @throws as `removeSession` */
  removeEnded(times: { readonly endedAtWallMs: number; readonly seenAtWallMs: number }): Promise<void>;
  /**
   * The 32 bytes that seal what is kept; all nodes of a shared store have the same.
   * @throws storage_failed, config_invalid (another key than that of the other nodes)
   */
  sealKey(): Promise<Uint8Array>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A session after a change. */
export function changedSession(record: SessionRecord, change: SessionChange): SessionRecord {
  const seenAtWallMs = Math.max(record.seenAtWallMs, change.seenAtWallMs ?? 0);
  return { ...record, ...change, seenAtWallMs };
}
