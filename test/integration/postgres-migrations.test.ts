/** The schema's way forward, on the embedded database and on a server, from every earlier version. */
import { openEmbedded } from '../../runtime/store/sql/embedded/embedded-postgres.ts';
import { MIGRATIONS } from '../../runtime/store/sql/migrations/list.ts';
import { migrate } from '../../runtime/store/sql/migrations/migrate.ts';
import { openPostgres } from '../../runtime/store/sql/postgres-pool.ts';
import type { SqlDatabase } from '../../runtime/store/sql/sql-database.ts';
import { SqlDecisionIndex } from '../../runtime/store/sql/sql-decision-index.ts';
import { SqlJournal } from '../../runtime/store/sql/sql-journal.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { assertFails, collect } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { POSTGRES_MISSING, startPostgres } from '../postgres-server.ts';

const clock = new SystemClock();
const LAST = MIGRATIONS.length;
const [embedded, server] = await Promise.all([
  openEmbedded({ folder: null }),
  POSTGRES_MISSING ? undefined : startPostgres(),
]);

/** Data that a schema of each version can hold; index in the list + 1 is the version. */
const DATA = [
  `INSERT INTO journal_heads VALUES ('system', 'a', 2, 7);
   INSERT INTO journal_events VALUES ('system', 'a', 1, 'noted', 1, '{"n":1}', 5), ('system', 'a', 2,
     'noted', 1, '2', 6);
   INSERT INTO journal_snapshots VALUES ('system', 'a', 1, 1, '{"sum":1}')`,
  `INSERT INTO decisions (decision_id, tenant, type, decision_digest, fingerprint, submitted_by, opened_index,
     opened_at, deadline_ms) VALUES ('d1', 'acme', 'chat', 'sha256:0', '0', 'ann', 0,
     '2026-01-02T03:04:05.678Z', 5000);
   UPDATE index_position SET position = 1, chain_hash = 'sha256:1'`,
  `SET witan.tenant = '*'; UPDATE decisions SET risk = 'low'; RESET witan.tenant`,
  'SELECT 1',
  `INSERT INTO api_keys (id, tenant, label, digest, roles, scopes, created_at_wall_ms, created_by)
   VALUES ('key', 'acme', 'tests', repeat('a', 64), '{reader}', '{}', 5, 'local');
   INSERT INTO tenant_credits VALUES ('acme', 1, 7)`,
];

/** Declares the suite for one kind of database. */
function declare(name: string, fresh: () => Promise<SqlDatabase>, end: () => Promise<void>): void {
  const test = suite(`migrations: ${name}`, { limitMs: 180_000 });
  test.after(end);

  test('from nothing to the newest, and again without effect', async () => {
    const database = await fresh();
    assert.is(await migrate(database), LAST);
    const applied = 'SELECT version, checksum, applied_at FROM schema_migrations ORDER BY version';
    const before = await database.query(applied);
    assert.is(before.length, LAST);
    assert.is(await migrate(database), LAST);
    assert.equal(await database.query(applied), before);
  });

  for (let version = 1; version < LAST; version++) {
    test(`from version ${version} with data in it`, async () => {
      const database = await fresh();
      assert.is(await migrate(database, MIGRATIONS.slice(0, version)), version);
      for (const rows of DATA.slice(0, version)) await database.query(rows);
      assert.is(await migrate(database), LAST);
      const journal = new SqlJournal({ database, clock });
      assert.equal(
        (await collect(journal.read('a', 0))).map((event) => event.payload),
        [{ n: 1 }, 2],
      );
      assert.equal((await journal.latestSnapshot('a'))!.state, { sum: 1 });
      await assertFails(
        () => journal.append('a', [], { expectedSequence: 2, generation: 6 }),
        'stale_writer',
      );
      const [keys] = await database.query('SELECT count(*)::integer AS count FROM api_keys');
      assert.equal(keys, { count: version >= 5 ? 1 : 0 });
      assert.equal(await database.query('SELECT * FROM users, sign_in_sessions, seal_key_print'), []);
      const index = await SqlDecisionIndex.open(database);
      // The trail has no rows of what was applied before it: the index is fed again from the start.
      assert.is(await index.position(), version >= 7 ? 1 : 0);
      const { items } = await index.list({ tenant: 'acme' }, { limit: 10 });
      assert.equal(
        items.map((item) => item.openedAt),
        version >= 2 ? ['2026-01-02T03:04:05.678Z'] : [],
      );
    });
  }

  test('a schema of a newer node is refused and left alone', async () => {
    const database = await fresh();
    await migrate(database);
    await database.query(
      `INSERT INTO schema_migrations (version, name, checksum) VALUES (${LAST + 1}, 'later', 'x')`,
    );
    const { details } = await assertFails(() => migrate(database), 'not_supported');
    assert.is(details['schemaVersion'], LAST + 1);
  });

  test('a step that was another one is refused', async () => {
    const database = await fresh();
    await migrate(database, MIGRATIONS.slice(0, 1));
    await database.query(`UPDATE schema_migrations SET checksum = 'sha256:other' WHERE version = 1`);
    await assertFails(() => migrate(database), 'verification_failed');
    assert.is((await database.query('SELECT FROM schema_migrations')).length, 1);
  });

  test('a step that fails leaves nothing of itself', async () => {
    const database = await fresh();
    const broken = { version: 2, name: 'broken', sql: 'CREATE TABLE half (a int); SELECT 1 / 0' };
    await assertFails(() => migrate(database, [MIGRATIONS[0]!, broken]), 'invalid_argument');
    assert.equal(
      await database.query(`SELECT to_regclass('half') AS half, count(*)::int FROM schema_migrations`),
      [{ half: null, count: 1 }],
    );
    assert.is(await migrate(database), LAST);
  });

  test('of many that migrate at once each step is done once', async () => {
    const database = await fresh();
    assert.equal(await Promise.all([1, 2, 3, 4].map(() => migrate(database))), [LAST, LAST, LAST, LAST]);
  });
}

const freshEmbedded = async (): Promise<SqlDatabase> => {
  await embedded.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  return embedded;
};
declare('embedded', freshEmbedded, () => embedded.close());

if (server) {
  const opened: SqlDatabase[] = [];
  const freshOnServer = async (): Promise<SqlDatabase> => {
    const database = openPostgres({ url: server.url(await server.makeDatabase()) });
    opened.push(database);
    return database;
  };
  declare('postgres', freshOnServer, async () => {
    await Promise.all(opened.map((database) => database.close()));
    await server.end();
  });
} else suite('migrations: postgres').skip('on a server', POSTGRES_MISSING!);
