/** Users and sessions in SQL, for nodes that share a PostgreSQL server: what one ends, all have ended. */
import { createHmac } from 'node:crypto';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type {
  FactorRecord,
  FactorState,
  SessionChange,
  SessionRecord,
  SignInStorePort,
  UserRecord,
} from '../../kernel/ports/sign-in/sign-in-store.ts';
import { sessionExists } from '../memory/memory-sign-in-store.ts';
import { PortLife } from '../port-life.ts';
import { migrate } from './migrations/migrate.ts';
import type { SqlDatabase, SqlValue } from './sql-database.ts';

interface UserRow {
  readonly id: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  readonly created_at_wall_ms: string;
  readonly disabled_at_wall_ms: string | null;
  readonly password_hash: string | null;
  readonly set_up_digest: string | null;
  readonly set_up_ends_at_wall_ms: string | null;
  readonly factor: FactorRecord | null;
  readonly revision: string;
}

interface SessionRow {
  readonly digest: string;
  readonly user_id: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly factor: FactorState;
  readonly began_at_wall_ms: string;
  readonly ends_at_wall_ms: string;
  readonly seen_at_wall_ms: string;
  readonly checked_at_wall_ms: string;
  readonly sealed: string;
}

const USERS = 'SELECT * FROM users';
const USER_VALUES = `$1, $2, $3::text[], $4::bigint, $5::bigint, $6, $7, $8::bigint, $9::json, $10::bigint`;
const ADD_USER = `
INSERT INTO users (id, tenant, roles, created_at_wall_ms, disabled_at_wall_ms, password_hash, set_up_digest,
  set_up_ends_at_wall_ms, factor, revision)
VALUES (${USER_VALUES}) ON CONFLICT DO NOTHING RETURNING revision`;
const REPLACE_USER = `
UPDATE users
SET (id, tenant, roles, created_at_wall_ms, disabled_at_wall_ms, password_hash, set_up_digest,
  set_up_ends_at_wall_ms, factor, revision) = ROW (${USER_VALUES})
WHERE id = $1 AND revision = $10::bigint - 1 RETURNING revision`;
const SESSIONS = `
SELECT digest, user_id, tenant, scopes, factor, began_at_wall_ms, ends_at_wall_ms, seen_at_wall_ms,
  checked_at_wall_ms, sealed FROM sign_in_sessions`;
const ADD_SESSION = `
INSERT INTO sign_in_sessions (digest, user_id, tenant, scopes, factor, began_at_wall_ms, ends_at_wall_ms,
  seen_at_wall_ms, checked_at_wall_ms, sealed)
VALUES ($1, $2, $3, $4::text[], $5, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10)`;
/** GREATEST passes over NULL. A check that has ended gives its claim back. */
const CHANGE_SESSION = `
UPDATE sign_in_sessions
SET scopes = coalesce($2::text[], scopes), seen_at_wall_ms = greatest(seen_at_wall_ms, $3::bigint),
  checked_at_wall_ms = coalesce($4::bigint, checked_at_wall_ms), sealed = coalesce($5, sealed),
  check_claimed_at = CASE WHEN $4::bigint IS NULL THEN check_claimed_at END
WHERE digest = $1 RETURNING digest`;
/** Measured by the clock of the server alone, which all nodes share. */
const CLAIM_CHECK = `
UPDATE sign_in_sessions SET check_claimed_at = now()
WHERE digest = $1 AND checked_at_wall_ms = $2::bigint
  AND (check_claimed_at IS NULL OR check_claimed_at < now() - interval '30 seconds') RETURNING digest`;
const REMOVE_ENDED =
  'DELETE FROM sign_in_sessions WHERE ends_at_wall_ms <= $1::bigint OR seen_at_wall_ms <= $2::bigint';

/** {@link SignInStorePort} on a database of its own, which closes with it. Opens without the server. */
export class SqlSignInStore implements SignInStorePort {
  readonly isShared = true;
  readonly #life = new PortLife('sign-in store');
  readonly #database: SqlDatabase;
  readonly #key: Uint8Array;
  #opened: Promise<void> | undefined;

  /** @param sealKey 32 bytes, the same on every node; the database is given a print of it. */
  constructor(database: SqlDatabase, sealKey: Uint8Array) {
    this.#database = database;
    this.#key = sealKey;
  }

  async users(): Promise<readonly UserRecord[]> {
    return (await this.#query<UserRow>(`${USERS} ORDER BY created_at_wall_ms, id`)).map(userOf);
  }

  async user(id: string): Promise<UserRecord | undefined> {
    return (await this.#query<UserRow>(`${USERS} WHERE id = $1`, [id])).map(userOf)[0];
  }

  async userOfSetUp(digest: string): Promise<UserRecord | undefined> {
    return (await this.#query<UserRow>(`${USERS} WHERE set_up_digest = $1`, [digest])).map(userOf)[0];
  }

  async userCount(): Promise<number> {
    return this.#count('users');
  }

  async putUser(record: UserRecord): Promise<void> {
    const { id, tenant, roles, createdAtWallMs, disabledAtWallMs, password, setUp, factor } = record;
    const values = [id, tenant, roles, createdAtWallMs, disabledAtWallMs, password];
    const further = [setUp?.digest ?? null, setUp?.endsAtWallMs ?? null];
    const last = [factor === null ? null : JSON.stringify(factor), record.revision];
    const rows = await this.#query(record.revision === 0 ? ADD_USER : REPLACE_USER, [
      ...values,
      ...further,
      ...last,
    ]);
    if (rows.length === 1) return;
    throw new WitanError('stale_writer', 'the user was changed meanwhile', {
      expected: 'the revision that follows',
    });
  }

  async sessions(): Promise<readonly SessionRecord[]> {
    return (await this.#query<SessionRow>(`${SESSIONS} ORDER BY began_at_wall_ms, digest`)).map(sessionOf);
  }

  async session(digest: string): Promise<SessionRecord | undefined> {
    return (await this.#query<SessionRow>(`${SESSIONS} WHERE digest = $1`, [digest])).map(sessionOf)[0];
  }

  async sessionsOf(userId: string): Promise<readonly SessionRecord[]> {
    const own = `${SESSIONS} WHERE user_id = $1 ORDER BY began_at_wall_ms, digest`;
    return (await this.#query<SessionRow>(own, [userId])).map(sessionOf);
  }

  async sessionCount(): Promise<number> {
    return this.#count('sign_in_sessions');
  }

  async addSession(record: SessionRecord): Promise<void> {
    const { digest, userId, tenant, scopes, factor, beganAtWallMs, endsAtWallMs } = record;
    const values = [digest, userId, tenant, scopes, factor, beganAtWallMs, endsAtWallMs];
    try {
      await this.#query(ADD_SESSION, [...values, record.seenAtWallMs, record.checkedAtWallMs, record.sealed]);
    } catch (error) {
      throw toWitanError(error).code === 'conflict' ? sessionExists() : error;
    }
  }

  async changeSession(digest: string, change: SessionChange): Promise<boolean> {
    const { scopes = null, seenAtWallMs = null, checkedAtWallMs = null, sealed = null } = change;
    const values = [digest, scopes, seenAtWallMs, checkedAtWallMs, sealed];
    return (await this.#query(CHANGE_SESSION, values)).length === 1;
  }

  async claimCheck(digest: string, checkedAtWallMs: number): Promise<boolean> {
    return (await this.#query(CLAIM_CHECK, [digest, checkedAtWallMs])).length === 1;
  }

  async removeSession(digest: string): Promise<boolean> {
    const remove = 'DELETE FROM sign_in_sessions WHERE digest = $1 RETURNING digest';
    return (await this.#query(remove, [digest])).length === 1;
  }

  async removeEnded(times: Parameters<SignInStorePort['removeEnded']>[0]): Promise<void> {
    await this.#query(REMOVE_ENDED, [times.endedAtWallMs, times.seenAtWallMs]);
  }

  async sealKey(): Promise<Uint8Array> {
    try {
      await this.#ready();
    } catch (error) {
      // Away now; a wrong key is found at the first call that reaches the server.
      if (toWitanError(error).code !== 'unavailable' || this.#life.isClosed) throw error;
    }
    return this.#key;
  }

  async close(): Promise<void> {
    if (this.#life.close()) await this.#database.close();
  }

  async #count(table: 'users' | 'sign_in_sessions'): Promise<number> {
    const [row] = await this.#query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table}`);
    return row!.count;
  }

  async #query<R extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly R[]> {
    await this.#ready();
    return this.#database.query<R>(text, values);
  }

  /** The schema is ours and so is the key; a server that is away is tried again at the next call. */
  async #ready(): Promise<void> {
    this.#life.assertOpen();
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
  }

  async #open(): Promise<void> {
    await migrate(this.#database);
    const print = createHmac('sha256', this.#key).update('witan-seal-key/1').digest('hex');
    await this.#database.query('INSERT INTO seal_key_print (print) VALUES ($1) ON CONFLICT DO NOTHING', [
      print,
    ]);
    const [row] = await this.#database.query<{ print: string }>('SELECT print FROM seal_key_print');
    if (row?.print === print) return;
    throw new WitanError('config_invalid', 'users and sessions in this database are sealed by another key', {
      path: 'signIn.sealKeyFile',
      expected: 'the key of the other nodes',
    });
  }
}

function userOf(row: UserRow): UserRecord {
  const { set_up_digest: digest, set_up_ends_at_wall_ms: endsAt, disabled_at_wall_ms: disabledAt } = row;
  return {
    id: row.id,
    tenant: row.tenant,
    roles: row.roles,
    createdAtWallMs: Number(row.created_at_wall_ms),
    disabledAtWallMs: disabledAt === null ? null : Number(disabledAt),
    password: row.password_hash,
    setUp: digest === null ? null : { digest, endsAtWallMs: Number(endsAt) },
    factor: row.factor,
    revision: Number(row.revision),
  };
}

function sessionOf(row: SessionRow): SessionRecord {
  return {
    digest: row.digest,
    userId: row.user_id,
    tenant: row.tenant,
    scopes: row.scopes,
    factor: row.factor,
    beganAtWallMs: Number(row.began_at_wall_ms),
    endsAtWallMs: Number(row.ends_at_wall_ms),
    seenAtWallMs: Number(row.seen_at_wall_ms),
    checkedAtWallMs: Number(row.checked_at_wall_ms),
    sealed: row.sealed,
  };
}
