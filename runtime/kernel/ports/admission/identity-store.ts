/** Port: API keys that a node keeps itself, and what tenants have used. Secrets never come here. */

/** A key as it is kept: its digest, whom it stands for, and its life. Times are wall ms. */
export interface ApiKeyRecord {
  /** 16 digits of base 32; stands in the key's text. */
  readonly id: string;
  readonly tenant: string;
  /** What its owner calls it; empty where none was given. */
  readonly label: string;
  /** SHA-256 of the key's text, 64 hex digits. */
  readonly digest: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly createdAtWallMs: number;
  /** Principal that made it. */
  readonly createdBy: string;
  /** Null: it does not end by itself. */
  readonly expiresAtWallMs: number | null;
  readonly revokedAtWallMs: number | null;
  /** Key that it replaces. */
  readonly successorOf: string | null;
  /** Days since 1970-01-01 UTC; null: never used. */
  readonly lastUsedDay: number | null;
}

/** What may change of a kept key. */
export type ApiKeyChange = Partial<Pick<ApiKeyRecord, 'expiresAtWallMs' | 'revokedAtWallMs' | 'lastUsedDay'>>;

/**
 * Keeps keys so that a resolved write outlives a power cut (but for implementations in memory).
 *
 * What ended stays ended: a revocation and an earlier end are never taken back, a day of use never goes
 * back; a change that would do so leaves the field as it is.
 */
export interface IdentityStorePort {
  /** Whether other nodes may change it: then it has to be read again from time to time. */
  readonly isShared: boolean;
  /** Every key, oldest first. @throws storage_failed, unavailable, verification_failed (damaged) */
  keys(): Promise<readonly ApiKeyRecord[]>;
  /** @throws already_exists (id or digest), storage_failed, unavailable */
  add(record: ApiKeyRecord): Promise<void>;
  /** The key after the change. @throws not_found, storage_failed, unavailable */
  change(id: string, change: ApiKeyChange): Promise<ApiKeyRecord>;
  /**
   * Adds to the credits that a tenant used in a period; gives the sum of all nodes, the summand included.
   * @throws storage_failed, unavailable
   */
  addCredits(tenant: string, period: number, count: number): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A key after a change: nothing that ended begins again. */
export function changedKey(record: ApiKeyRecord, change: ApiKeyChange): ApiKeyRecord {
  return {
    ...record,
    expiresAtWallMs: earlier(record.expiresAtWallMs, change.expiresAtWallMs ?? null),
    revokedAtWallMs: record.revokedAtWallMs ?? change.revokedAtWallMs ?? null,
    lastUsedDay: later(record.lastUsedDay, change.lastUsedDay ?? null),
  };
}

function earlier(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}

function later(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.max(left, right);
}
