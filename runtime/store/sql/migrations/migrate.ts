/** Brings a database's schema forward to the one that this node knows. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { SqlDatabase, SqlSession } from '../sql-database.ts';
import { MIGRATIONS } from './list.ts';
import { checksumOf } from './migration.ts';
import type { Migration } from './migration.ts';

interface AppliedRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** Key of the advisory lock under which schemas change: "witan" in ASCII. */
const LOCK = 'SELECT pg_advisory_xact_lock(512970023278)';
const BOOK = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/**
 * Applies what is missing, each step in a transaction of its own; forward only. Several nodes may call it
 * at once: one does the work, the others wait for it. Gives the version that the schema has then.
 * @throws not_supported when the database is newer than this node, verification_failed when a step was
 * another one
 */
export async function migrate(
  database: SqlDatabase,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<number> {
  const last = migrations.at(-1)?.version ?? 0;
  let version = await database.transaction(async (session) => {
    await session.query(LOCK);
    await session.query(BOOK);
    return checked(await applied(session), migrations);
  });
  while (version < last) {
    version = await database.transaction((session) => step(session, migrations));
  }
  return version;
}

/** Applies the next missing step, unless another node did so while this one waited for the lock. */
async function step(session: SqlSession, migrations: readonly Migration[]): Promise<number> {
  await session.query(LOCK);
  const version = checked(await applied(session), migrations);
  const next = migrations[version];
  if (!next) return version;
  await session.query(next.sql);
  await session.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
    next.version,
    next.name,
    checksumOf(next),
  ]);
  return next.version;
}

function applied(session: SqlSession): Promise<readonly AppliedRow[]> {
  return session.query<AppliedRow>('SELECT version, name, checksum FROM schema_migrations ORDER BY version');
}

/** Version of the schema, once it is known to be ours. */
function checked(rows: readonly AppliedRow[], migrations: readonly Migration[]): number {
  const newest = rows.at(-1)?.version ?? 0;
  if (newest > migrations.length) {
    throw new WitanError(
      'not_supported',
      `the database has schema ${newest}; this node knows ${migrations.length}`,
      {
        schemaVersion: newest,
        expected: `schema ${migrations.length} or older, or a newer node`,
      },
    );
  }
  rows.forEach(({ version, name, checksum }, at) => {
    const known = migrations[at]!;
    if (version === known.version && checksum === checksumOf(known)) return;
    throw new WitanError(
      'verification_failed',
      `step ${version} (${name}) of the schema is not the one known here`,
      {
        schemaVersion: version,
        expected: `${known.version} (${known.name}) with checksum ${checksumOf(known)}`,
      },
    );
  });
  return newest;
}
