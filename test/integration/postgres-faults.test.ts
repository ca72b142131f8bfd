/** What SQL stores do when a PostgreSQL server dies, hangs, is gone for a while, or is shared. */
import { WitanError } from '../../contracts/errors.ts';
import { query, SystemClock, spawnPersistent, start } from '../../runtime/kernel/index.ts';
import type { DurableContext } from '../../runtime/kernel/index.ts';
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import { migrate } from '../../runtime/store/sql/migrations/migrate.ts';
import { openPostgres } from '../../runtime/store/sql/postgres-pool.ts';
import type { SqlDatabase } from '../../runtime/store/sql/sql-database.ts';
import { SqlJournal } from '../../runtime/store/sql/sql-journal.ts';
import { assertFails, collect } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { POSTGRES_MISSING, startPostgres } from '../postgres-server.ts';
import type { PostgresServer } from '../postgres-server.ts';

const test = suite('postgres faults', { limitMs: 180_000 });
const clock = new SystemClock();
const event = (payload: unknown) => ({ type: 'noted', schemaVersion: 1, payload });

if (POSTGRES_MISSING) {
  for (const name of ['a killed server', 'writers that race', 'a durable actor', 'a silent server'])
    test.skip(name, POSTGRES_MISSING);
} else {
  const server = await startPostgres();
  test.after(() => server.end());
  declare(server);
}

async function openJournal(server: PostgresServer): Promise<{ database: SqlDatabase; journal: SqlJournal }> {
  const database = openPostgres({ url: server.url(await server.makeDatabase()) });
  await migrate(database);
  return { database, journal: new SqlJournal({ database, clock }) };
}

/** Appends one by one until it fails or `until` many are acknowledged. */
async function appendUntil(
  journal: JournalPort,
  key: string,
  until: number,
): Promise<{ acknowledged: number; error: unknown }> {
  let acknowledged = 0;
  try {
    while (acknowledged < until) {
      await journal.append(key, [event(acknowledged + 1)], { expectedSequence: acknowledged });
      acknowledged += 1;
    }
  } catch (error) {
    return { acknowledged, error };
  }
  return { acknowledged, error: undefined };
}

function declare(server: PostgresServer): void {
  test('killed amid appends, it loses nothing acknowledged, and the stores come back', async () => {
    const { database, journal } = await openJournal(server);
    const writers = Array.from({ length: 8 }, (_, writer) => appendUntil(journal, `k${writer}`, 100_000));
    // Killed while every writer writes: the first hundred of one are in.
    for (let seen = 0; seen < 100;) seen = (await collect(journal.read('k0', 0))).length;
    await server.kill();
    const results = await Promise.all(writers);
    for (const { error } of results) {
      assert.instance(error, WitanError);
      assert.is((error as WitanError).code, 'unavailable');
    }
    await assertFails(() => journal.latestSnapshot('k0'), 'unavailable');
    await server.restart();
    for (const [writer, { acknowledged }] of results.entries()) {
      const events = await collect(journal.read(`k${writer}`, 0));
      assert.ok(
        events.length === acknowledged || events.length === acknowledged + 1,
        `${events.length} of ${acknowledged}`,
      );
      assert.equal(
        events.map((each) => each.payload),
        events.map((_, at) => at + 1),
      );
      assert.is(
        await journal.append(`k${writer}`, [event(0)], { expectedSequence: events.length }),
        events.length + 1,
      );
    }
    await database.close();
  });

  test('of two writers to one key through two pools exactly one wins each sequence', async () => {
    const { database, journal } = await openJournal(server);
    const [row] = await database.query<{ name: string }>('SELECT current_database() AS name');
    const second = openPostgres({ url: server.url(row!.name) });
    const journals = [journal, new SqlJournal({ database: second, clock })];
    for (let sequence = 0; sequence < 50; sequence++) {
      const race = journals.map((one, writer) =>
        one.append('k', [event(writer)], { expectedSequence: sequence }),
      );
      const results = await Promise.allSettled(race);
      const lost = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as WitanError] : [],
      );
      assert.equal(
        lost.map(({ code }) => code),
        ['stale_writer'],
      );
    }
    assert.is((await collect(journal.read('k', 0))).length, 50);
    await second.close();
    await database.close();
  });

  test('a durable actor that crashes between event and snapshot loses nothing', async () => {
    const { database, journal } = await openJournal(server);
    let snapshots = 0;
    // Every snapshot fails: the process dies after the event and before it.
    const port: JournalPort = {
      append: (...args) => journal.append(...args),
      read: (...args) => journal.read(...args),
      latestSnapshot: (key) => journal.latestSnapshot(key),
      keys: (prefix) => journal.keys(prefix),
      forget: (key) => journal.forget(key),
      close: () => journal.close(),
      saveSnapshot: async (snapshot) => {
        snapshots += 1;
        if (snapshots > 1) throw new WitanError('unavailable', 'gone before the snapshot');
        await journal.saveSnapshot(snapshot);
      },
    };
    const count = async (
      _state: number,
      message: { add?: number },
      ctx: DurableContext<number, { add?: number }, { by: number }>,
    ): Promise<void> => {
      if (message.add !== undefined) await ctx.persist({ by: message.add });
      ctx.sender?.tell(ctx.state as never);
    };
    const run = async (adds: number): Promise<number> => {
      const system = start({ clock });
      const actor = spawnPersistent(system, count, 'counter', 'counter', {
        journal: port,
        initialState: 0,
        apply: (state, { by }) => state + by,
        eventType: () => 'added',
        snapshotEvery: 3,
      });
      for (let at = 0; at < adds; at++) await query(actor, () => ({ add: 1 }), { timeoutMs: 10_000 });
      const sum = await query<{ add?: number }, number>(actor, () => ({}), { timeoutMs: 10_000 });
      await system.stop({ graceMs: 0 });
      return sum;
    };
    assert.is(await run(5), 5);
    assert.ok(snapshots >= 1);
    assert.is(await run(4), 9);
    assert.is(await run(0), 9);
    assert.is((await journal.latestSnapshot('counter'))!.sequence, 3);
    await database.close();
  });

  test('a statement that runs too long is unavailable, and its connection goes on', async () => {
    const database = openPostgres({
      url: server.url('postgres'),
      statementTimeoutMs: 200,
      connectionMaxCount: 1,
    });
    const [before] = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const { details } = await assertFails(() => database.query('SELECT pg_sleep(30)'), 'unavailable');
    assert.is(details['sqlState'], '57014');
    assert.equal(await database.query('SELECT pg_backend_pid() AS pid'), [before]);
    await database.close();
  });

  test('refusals are typed: a unique key, no such database, a URL that is none', async () => {
    const database = openPostgres({ url: server.url('postgres') });
    await database.query('CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)');
    const { details } = await assertFails(() => database.query('INSERT INTO t VALUES ($1)', [1]), 'conflict');
    assert.is(details['table'], 't');
    await assertFails(() => database.query('SELECT $1::int', ['x']), 'invalid_argument');
    await assertFails(() => database.query('SELEC'), 'storage_failed');
    await database.close();
    await assertFails(() => database.query('SELECT 1'), 'unavailable');
    const absent = openPostgres({ url: server.url('absent') });
    await assertFails(() => absent.query('SELECT 1'), 'config_invalid');
    await absent.close();
    const { message } = await assertFails(
      () => openPostgres({ url: 'mysql://me:hush@db/x' }),
      'config_invalid',
    );
    assert.not.match(message, /hush/);
  });

  test('a transaction that fails is undone and its connection used again', async () => {
    const database = openPostgres({ url: server.url('postgres'), connectionMaxCount: 1 });
    await database.query('CREATE TABLE u (a int)');
    const failing = database.transaction(async (session) => {
      await session.query('INSERT INTO u VALUES (1)');
      throw new WitanError('conflict', 'ours');
    });
    await assertFails(() => failing, 'conflict');
    const swallowing = database.transaction(async (session) => {
      await session.query('INSERT INTO u VALUES (2)');
      await session.query('SELECT 1 / 0').catch(() => undefined);
    });
    await assertFails(() => swallowing, 'storage_failed');
    assert.equal(await database.query('SELECT * FROM u'), []);
    await database.close();
  });
}
