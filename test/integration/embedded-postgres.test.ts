/** The embedded database as a process: crashes, kills, locks, and what a client leaves behind. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { openEmbedded } from '../../runtime/store/sql/embedded/embedded-postgres.ts';
import type {
  EmbeddedDatabase,
  EmbeddedOptions,
} from '../../runtime/store/sql/embedded/embedded-postgres.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('embedded postgres', { limitMs: 180_000 });
const root = mkdtempSync(join(tmpdir(), 'witan-embedded-'));
const folder = join(root, 'database');
const SOURCE = join(import.meta.dirname, '../../runtime/store/sql/embedded/embedded-postgres.ts');
const BUILT = join(import.meta.dirname, '../../dist/runtime/store/sql/embedded/embedded-postgres.js');
test.after(() => rmSync(root, { recursive: true, force: true }));

/** A process of its own that appends rows and says so after each, until it is killed. */
const WRITER = (module: string): string => `
const { openEmbedded } = await import(${JSON.stringify(pathToFileURL(module).href)});
const database = await openEmbedded({ folder: process.argv[1] });
await database.query('CREATE TABLE IF NOT EXISTS written (n int PRIMARY KEY)');
const [{ next }] = await database.query('SELECT coalesce(max(n), 0) + 1 AS next FROM written');
for (let n = next; ; n++) {
  await database.query('INSERT INTO written VALUES ($1)', [n]);
  console.log(n);
}`;

async function writeUntil(module: string, enough: number): Promise<number> {
  const args = [
    ...(module.endsWith('.ts') ? [...SOURCE_FLAGS] : []),
    '--input-type=module',
    '-e',
    WRITER(module),
    folder,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  let last = 0;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if ((count += 1) === enough) child.kill('SIGKILL');
  }
  await gone;
  return last;
}

/** Runs `body` on the database of the folder and closes it, whatever happens. */
async function opened(
  body: (database: EmbeddedDatabase) => Promise<void>,
  options: Partial<EmbeddedOptions> = {},
): Promise<void> {
  const database = await openEmbedded({ folder, ...options });
  try {
    await body(database);
  } finally {
    await database.close();
  }
}

test('a folder that a cut-off first start left is made anew, and opens again with its rows', async () => {
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'data', 'PG_VERSION'), '18');
  const first = await openEmbedded({ folder });
  await first.query('CREATE TABLE kept (a int); INSERT INTO kept VALUES (1), (2)');
  await first.close();
  await first.close();
  await assertFails(() => first.query('SELECT 1'), 'unavailable');
  const second = await openEmbedded({ folder });
  assert.equal(await second.query('SELECT a FROM kept ORDER BY a'), [{ a: 1 }, { a: 2 }]);
  await second.close();
});

test('one opener at a time', async () => {
  const first = await openEmbedded({ folder });
  await assertFails(() => openEmbedded({ folder }), 'already_exists');
  assert.equal(await first.query('SELECT 1 AS a'), [{ a: 1 }]);
  await first.close();
  await (await openEmbedded({ folder })).close();
});

test('a crash is unavailable for who waits; the next query starts it again with every row', () =>
  opened(async (database) => {
    await database.query('INSERT INTO kept VALUES (3)');
    const waiting = database.query('SELECT count(*) FROM generate_series(1, 1000000000)');
    const queued = database.query('SELECT 1');
    const failed = assertFails(() => waiting, 'unavailable');
    // The message is with the thread once a turn has passed.
    await new Promise((done) => setImmediate(done));
    await database.crash();
    await failed;
    await queued.catch(() => undefined);
    assert.equal(await database.query('SELECT a FROM kept ORDER BY a'), [{ a: 1 }, { a: 2 }, { a: 3 }]);
  }));

test('a query that never ends is given up; neither the event loop nor other queries hang', () =>
  opened(
    async (database) => {
      let turns = 0;
      const ticking = setInterval(() => (turns += 1), 10);
      await assertFails(
        () => database.query('SELECT count(*) FROM generate_series(1, 100000000000)'),
        'unavailable',
      );
      clearInterval(ticking);
      assert.ok(turns > 50, `${turns} turns of the event loop in 3 s`);
      assert.is((await database.query('SELECT FROM kept')).length, 3);
    },
    { queryTimeoutMs: 3_000 },
  ));

test('what a client leaves behind does not reach the next one', () =>
  opened(async (database) => {
    const leaving = database.transaction(async (session) => {
      await session.query(
        `SET witan.tenant = 'acme'; CREATE TEMP TABLE mine (a int); INSERT INTO kept VALUES (4)`,
      );
      await session.query('SELECT 1', undefined, 'named');
      // After such an error the client is thrown away.
      await session.query(`DO $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = 'XX000'; END $$`);
    });
    await assertFails(() => leaving, 'storage_failed');
    assert.equal(
      await database.query(
        `SELECT current_setting('witan.tenant', true) AS tenant, to_regclass('mine') AS mine,
           count(*)::int FROM kept`,
      ),
      [{ tenant: '', mine: null, count: 3 }],
    );
    assert.equal(await database.query('SELECT 2 AS a', undefined, 'named'), [{ a: 2 }]);
  }));

test('a refused statement harms nothing', () =>
  opened(async (database) => {
    await assertFails(() => database.query('SELEC'), 'storage_failed');
    await assertFails(() => database.query('SELECT $1::int', ['x']), 'invalid_argument');
    await assertFails(() => database.query('SELECT $1::text', ['\0']), 'invalid_argument');
    assert.equal(await database.query('SELECT $1::text AS a', ['😀'.repeat(100_000)]), [
      { a: '😀'.repeat(100_000) },
    ]);
  }));

test('opening can be given up', async () => {
  const abort = new AbortController();
  const opening = openEmbedded({ folder, signal: abort.signal });
  abort.abort();
  await opening.then(
    () => assert.unreachable(),
    () => undefined,
  );
  await (await openEmbedded({ folder })).close();
});

test('a node killed while it writes loses no acknowledged row', async () => {
  const last = await writeUntil(SOURCE, 200);
  const database = await openEmbedded({ folder });
  const rows = await database.query<{ n: number }>('SELECT n FROM written ORDER BY n');
  assert.ok(rows.length >= last && last >= 200, `${rows.length} rows, ${last} acknowledged`);
  assert.equal(
    rows.map(({ n }) => n),
    rows.map((_, at) => at + 1),
  );
  await database.close();
});

if (existsSync(BUILT)) {
  test('it runs from built files as well', async () => {
    assert.ok((await writeUntil(BUILT, 3)) > 0);
  });
} else test.skip('it runs from built files as well', 'dist/ is not built (npm run build)');
