/** API keys in SQL, for nodes that share a PostgreSQL server: its durability is the server's. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type {
  ApiKeyChange,
  ApiKeyRecord,
  IdentityStorePort,
} from '../../kernel/ports/admission/identity-store.ts';
import { PortLife } from '../port-life.ts';
import { migrate } from './migrations/migrate.ts';
import type { SqlDatabase } from './sql-database.ts';

interface KeyRow {
  readonly id: string;
  readonly tenant: string;
  readonly label: string;
  readonly digest: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly created_at_wall_ms: string;
  readonly created_by: string;
  readonly expires_at_wall_ms: string | null;
  readonly revoked_at_wall_ms: string | null;
  readonly successor_of: string | null;
  readonly last_used_day: number | null;
}

const KEYS = 'SELECT * FROM api_keys ORDER BY created_at_wall_ms, id';
const ADD = `
INSERT INTO api_keys (id, tenant, label, digest, roles, scopes, created_at_wall_ms, created_by,
  expires_at_wall_ms, revoked_at_wall_ms, successor_of, last_used_day)
VALUES ($1, $2, $3, $4, $5::text[], $6::text[], $7::bigint, $8, $9::bigint, $10::bigint, $11, $12::integer)`;
/** LEAST and GREATEST pass over NULL: what ended never begins again. */
const CHANGE = `
UPDATE api_keys
SET expires_at_wall_ms = least(expires_at_wall_ms, $2::bigint),
  revoked_at_wall_ms = coalesce(revoked_at_wall_ms, $3::bigint),
  last_used_day = greatest(last_used_day, $4::integer)
WHERE id = $1 RETURNING *`;
const ADD_CREDITS = `
INSERT INTO tenant_credits (tenant, period, used) VALUES ($1, $2::bigint, $3::bigint)
ON CONFLICT (tenant, period) DO UPDATE SET used = tenant_credits.used + excluded.used RETURNING used`;

/** {@link IdentityStorePort} on a database of its own, which closes with it. Opens without the server. */
export class SqlIdentityStore implements IdentityStorePort {
  readonly isShared = true;
  readonly #life = new PortLife('identity store');
  readonly #database: SqlDatabase;
  #migrated: Promise<unknown> | undefined;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async keys(): Promise<readonly ApiKeyRecord[]> {
    const database = await this.#ready();
    return (await database.query<KeyRow>(KEYS)).map(recordOf);
  }

  async add(record: ApiKeyRecord): Promise<void> {
    const database = await this.#ready();
    const { id, tenant, label, digest, roles, scopes, createdAtWallMs, createdBy } = record;
    const { expiresAtWallMs, revokedAtWallMs, successorOf, lastUsedDay } = record;
    const life = [createdAtWallMs, createdBy, expiresAtWallMs, revokedAtWallMs, successorOf, lastUsedDay];
    try {
      await database.query(ADD, [id, tenant, label, digest, roles, scopes, ...life]);
    } catch (error) {
      if (toWitanError(error).code !== 'conflict') throw error;
      throw new WitanError('already_exists', `the key ${id} exists`, { keyId: id }, error);
    }
  }

  async change(id: string, change: ApiKeyChange): Promise<ApiKeyRecord> {
    const database = await this.#ready();
    const { expiresAtWallMs = null, revokedAtWallMs = null, lastUsedDay = null } = change;
    const [row] = await database.query<KeyRow>(CHANGE, [id, expiresAtWallMs, revokedAtWallMs, lastUsedDay]);
    if (row) return recordOf(row);
    throw new WitanError('not_found', `there is no key ${id}`, { keyId: id });
  }

  async addCredits(tenant: string, period: number, count: number): Promise<number> {
    const database = await this.#ready();
    const [row] = await database.query<{ used: string }>(ADD_CREDITS, [tenant, period, count]);
    return Number(row!.used);
  }

  async close(): Promise<void> {
    if (this.#life.close()) await this.#database.close();
  }

  /** The database once its schema is ours; a server that is away is tried again at the next call. */
  async #ready(): Promise<SqlDatabase> {
    this.#life.assertOpen();
    this.#migrated ??= migrate(this.#database).catch((error: unknown) => {
      this.#migrated = undefined;
      throw error;
    });
    await this.#migrated;
    return this.#database;
  }
}

function recordOf(row: KeyRow): ApiKeyRecord {
  const time = (text: string | null): number | null => (text === null ? null : Number(text));
  return {
    id: row.id,
    tenant: row.tenant,
    label: row.label,
    digest: row.digest,
    roles: row.roles,
    scopes: row.scopes,
    createdAtWallMs: Number(row.created_at_wall_ms),
    createdBy: row.created_by,
    expiresAtWallMs: time(row.expires_at_wall_ms),
    revokedAtWallMs: time(row.revoked_at_wall_ms),
    successorOf: row.successor_of,
    lastUsedDay: row.last_used_day,
  };
}
