/**
 * The decision index in SQL beyond its port: tenants, rebuilding, whose log it is, and a database that is
 * gone.
 */
import { createOrchestratorClient } from '../../agents/platform/orchestrator/client.ts';
import type {
  FeederMessage,
  FeederReply,
  OrchestratorMessage,
  ReviewMessage,
} from '../../agents/platform/orchestrator/messages.ts';
import { spawnOrchestrator } from '../../agents/platform/orchestrator/orchestrator.ts';
import { query, spawnStateless, start, SystemClock } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import type { LedgerEntry } from '../../runtime/kernel/ports/ledger.ts';
import { alignIndex } from '../../runtime/store/sql/align-index.ts';
import { openEmbedded } from '../../runtime/store/sql/embedded/embedded-postgres.ts';
import { migrate } from '../../runtime/store/sql/migrations/migrate.ts';
import { openPostgres } from '../../runtime/store/sql/postgres-pool.ts';
import type { SqlDatabase } from '../../runtime/store/sql/sql-database.ts';
import { SqlDecisionIndex } from '../../runtime/store/sql/sql-decision-index.ts';
import { assertFails, collect } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { makeWorld, requestOf, riskyChecks } from '../orchestrator/fixture.ts';
import type { World } from '../orchestrator/fixture.ts';
import { POSTGRES_MISSING, startPostgres } from '../postgres-server.ts';
import type { PostgresServer } from '../postgres-server.ts';

const clock = new SystemClock();

/** An orchestrator that decides at once and feeds `index`. */
function deciding(index: SqlDecisionIndex) {
  const world: World = makeWorld(clock, { index, checks: riskyChecks('high') });
  const system = start({ clock });
  const platform = spawnStateless<never>(system, () => {}, 'platform');
  const orchestrator: ActorRef<OrchestratorMessage> = spawnOrchestrator(platform, world.ports);
  const review = () => system.resolve('/platform/orchestrator/review') as ActorRef<ReviewMessage>;
  const client = createOrchestratorClient({ orchestrator: () => orchestrator, review });
  let made = 0;
  const decide = async (tenant = 'acme'): Promise<string> => {
    made += 1;
    const text = `Question ${made}: ${'abcdefghij'.repeat(made)}`;
    const principal = { id: 'user:ann', tenant, scopes: [] };
    return (await (await client.submit(requestOf({ text }), principal)).verdict).body.outcome;
  };
  const feeder = system.resolve('/platform/orchestrator/index') as ActorRef<FeederMessage>;
  const sync = async (): Promise<boolean> => {
    const ask = (replyTo: ActorRef<FeederReply>) => ({ type: 'sync' as const, replyTo });
    return (await query(feeder, ask, { timeoutMs: 30_000 })).isCurrent;
  };
  return { world, decide, sync, stop: () => system.stop({ graceMs: 0 }) };
}

/** All rows, as they stand. */
async function rowsOf(database: SqlDatabase): Promise<string> {
  const [row] = await database.query<{ text: string }>(`SELECT
    (SELECT json_agg(d ORDER BY opened_index) FROM decisions d)::text || E'\\n' ||
    (SELECT json_agg(e ORDER BY final_index, place) FROM agent_evaluations e)::text || E'\\n' ||
    (SELECT json_agg(p) FROM index_position p)::text AS text`);
  return row!.text;
}

async function logOf(tenants: readonly string[]): Promise<{ entries: LedgerEntry[]; world: World }> {
  const embedded = await openEmbedded({ folder: null });
  await migrate(embedded);
  const { world, decide, sync, stop } = deciding(await SqlDecisionIndex.open(embedded));
  for (const tenant of tenants) await decide(tenant);
  assert.is(await sync(), true);
  await stop();
  await embedded.close();
  return { entries: await collect(world.ledger.read(0)), world };
}

const log = logOf(['acme', 'beta', 'acme', 'beta', 'acme']);

/** Declares what holds on both kinds of database; the user of `fresh` is a superuser. */
function declare(name: string, fresh: () => Promise<SqlDatabase>): ReturnType<typeof suite> {
  const test = suite(`sql index: ${name}`, { limitMs: 180_000 });

  test('emptied and fed again, by ones or all at once, its rows are identical', async () => {
    const database = await fresh();
    const index = await SqlDecisionIndex.open(database);
    const { entries } = await log;
    await index.apply(entries);
    const rows = await rowsOf(database);
    assert.ok(rows.length > 5 * 12 * 100, rows);
    await index.clear();
    assert.is(await index.position(), 0);
    assert.equal(await database.query('SELECT FROM decisions'), []);
    for (const entry of entries) await index.apply([entry]);
    assert.is(await rowsOf(database), rows);
  });

  test('a transaction sees the rows of the tenant that it names, and none without one', async () => {
    const database = await fresh();
    const index = await SqlDecisionIndex.open(database);
    await index.apply((await log).entries);
    const count = (begin: string): Promise<number[]> =>
      database.transaction(async (session) => {
        const [row] = await session.query<{ decisions: number; evaluations: number }>(`SELECT
          (SELECT count(*)::int FROM decisions) AS decisions,
          (SELECT count(*)::int FROM agent_evaluations) AS evaluations`);
        return [row!.decisions, row!.evaluations];
      }, `BEGIN; SET LOCAL ROLE witan_rows; ${begin}`);
    assert.equal(await count(''), [0, 0]);
    assert.equal(await count(`SET LOCAL witan.tenant = 'acme'`), [3, 36]);
    assert.equal(await count(`SET LOCAL witan.tenant = 'beta'`), [2, 24]);
    assert.equal(await count(`SET LOCAL witan.tenant = 'gamma'`), [0, 0]);
    assert.equal(await count(`SET LOCAL witan.tenant = '*'`), [5, 60]);
    // The name of a tenant is data, whatever it holds.
    assert.equal((await index.list({ tenant: `x'; SET LOCAL witan.tenant = '*` }, { limit: 9 })).items, []);
    const forged = database.transaction(
      (session) => session.query(`UPDATE decisions SET tenant = 'beta'`),
      `BEGIN; SET LOCAL ROLE witan_rows; SET LOCAL witan.tenant = 'acme'`,
    );
    await assertFails(() => forged, 'config_invalid');
  });

  test('the index of another log is cleared, or refused where others may read it', async () => {
    const database = await fresh();
    const index = await SqlDecisionIndex.open(database);
    const { entries, world } = await log;
    assert.is(await alignIndex(index, world.ledger, { mayClear: false }), 'empty');
    await index.apply(entries);
    assert.is(await alignIndex(index, world.ledger, { mayClear: false }), 'same');
    const other = { logId: 'log-2', entry: (at: number) => world.ledger.entry(at) };
    await assertFails(() => alignIndex(index, other, { mayClear: false }), 'conflict');
    const shorter = { logId: world.ledger.logId, entry: async () => undefined };
    await assertFails(() => alignIndex(index, shorter, { mayClear: false }), 'conflict');
    assert.is(await index.position(), entries.length);
    assert.is(await alignIndex(index, shorter, { mayClear: true }), 'cleared');
    assert.is(await index.position(), 0);
  });

  test('text that the database cannot hold does not keep the index from what follows', async () => {
    const database = await fresh();
    const index = await SqlDecisionIndex.open(database);
    const { entries } = await log;
    const [first, ...rest] = entries;
    const odd = { ...first!, payload: { ...(first!.payload as object), submittedBy: 'a\0b\uD800c😀' } };
    await index.apply([odd, ...rest]);
    const { items } = await index.list({}, { limit: 10 });
    assert.is(items.at(-1)!.submittedBy, 'a\uFFFDb\uFFFDc😀');
    assert.is(items.length, 5);
  });

  return test;
}

const embedded = await openEmbedded({ folder: null });
declare('embedded', async () => {
  await embedded.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await migrate(embedded);
  return embedded;
}).after(() => embedded.close());

if (POSTGRES_MISSING) suite('sql index: postgres').skip('on a server', POSTGRES_MISSING);
else declareOnServer(await startPostgres());

function declareOnServer(server: PostgresServer): void {
  const opened: SqlDatabase[] = [];
  const openAs = (database: string, user?: string): SqlDatabase => {
    const made = openPostgres({ url: server.url(database, user), connectTimeoutMs: 2_000 });
    opened.push(made);
    return made;
  };
  const test = declare('postgres', async () => {
    const database = openAs(await server.makeDatabase());
    await migrate(database);
    return database;
  });
  test.after(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await server.end();
  });

  test('an ordinary user needs no role: the rows are kept apart for the owner too', async () => {
    await server.run('CREATE ROLE ordinary LOGIN');
    const name = await server.makeDatabase();
    await server.run(`ALTER DATABASE ${name} OWNER TO ordinary`);
    const database = openAs(name, 'ordinary');
    await migrate(database);
    const index = await SqlDecisionIndex.open(database);
    await index.apply((await log).entries);
    assert.is((await index.list({ tenant: 'acme' }, { limit: 9 })).items.length, 3);
    assert.equal(await database.query('SELECT FROM decisions'), []);
    await index.clear();
    assert.is(await index.position(), 0);
  });

  test('a database that is gone for a while holds no decision up, and the index catches up', async () => {
    const name = await server.makeDatabase();
    await migrate(openAs(name));
    const index = await SqlDecisionIndex.open(openAs(name));
    const { world, decide, sync, stop } = deciding(index);
    assert.is(await decide(), 'approved');
    assert.is(await sync(), true);
    await server.halt();
    await assertFails(() => index.position(), 'unavailable');
    for (let at = 0; at < 5; at++) assert.is(await decide(), 'approved');
    assert.is(await sync(), false);
    await server.kill();
    await server.restart();
    assert.is(await sync(), true);
    assert.is(await index.position(), world.ledger.size());
    assert.is((await index.list({ outcome: 'approved' }, { limit: 10 })).items.length, 6);
    await stop();
  });
}
