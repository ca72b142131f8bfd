/** Journal, decision index, API keys, users and sessions in SQL, on the embedded database and on a PostgreSQL server. */
import { SystemClock } from '../../runtime/kernel/index.ts';
import { openEmbedded } from '../../runtime/store/sql/embedded/embedded-postgres.ts';
import { migrate } from '../../runtime/store/sql/migrations/migrate.ts';
import { openPostgres } from '../../runtime/store/sql/postgres-pool.ts';
import type { SqlDatabase } from '../../runtime/store/sql/sql-database.ts';
import { SqlDecisionIndex } from '../../runtime/store/sql/sql-decision-index.ts';
import { SqlIdentityStore } from '../../runtime/store/sql/sql-identity-store.ts';
import { SqlSignInStore } from '../../runtime/store/sql/sql-sign-in-store.ts';
import { SqlJournal } from '../../runtime/store/sql/sql-journal.ts';
import { assert, suite } from '../harness.ts';
import { POSTGRES_MISSING, startPostgres } from '../postgres-server.ts';
import { auditIndexConformance } from './audit-index.ts';
import { decisionIndexConformance } from './decision-index.ts';
import { identityStoreConformance } from './identity-store.ts';
import { journalConformance } from './journal.ts';
import { signInStoreConformance } from './sign-in-store.ts';
import type { PortFixture } from './fixture.ts';

const clock = new SystemClock();
const pass = (ms: number): Promise<void> => new Promise((done) => void clock.setTimer(ms, done));
const [embedded, server] = await Promise.all([
  openEmbedded({ folder: null }),
  POSTGRES_MISSING ? undefined : startPostgres(),
]);
await migrate(embedded);

const EMPTY = `
TRUNCATE journal_heads, journal_events, journal_snapshots, agent_evaluations, decisions, audit_entries,
  audit_data, api_keys, tenant_credits, users, sign_in_sessions, seal_key_print;
UPDATE index_position SET position = 0, chain_hash = NULL, log_id = NULL`;

/** A database that its store may close without ending it for the next test. */
function keptOpen(database: SqlDatabase): SqlDatabase {
  return {
    kind: database.kind,
    query: (...given) => database.query(...given),
    transaction: (...given) => database.transaction(...given),
    close: async () => undefined,
  };
}

/** Declares the suites for one database, which is emptied before each test. */
function declare(name: string, database: SqlDatabase): void {
  const port = async <P extends { close(): Promise<void> }>(
    open: (database: SqlDatabase) => P | Promise<P>,
  ): Promise<PortFixture<P>> => {
    await database.query(EMPTY);
    const opened = await open(database);
    return { port: opened, pass, end: () => opened.close() };
  };
  journalConformance(name, () => port((each) => new SqlJournal({ database: each, clock })));
  identityStoreConformance(name, () => port((each) => new SqlIdentityStore(keptOpen(each))));
  signInStoreConformance(name, () => port((each) => new SqlSignInStore(keptOpen(each), new Uint8Array(32))));
  decisionIndexConformance(name, () => port((each) => SqlDecisionIndex.open(each)));
  auditIndexConformance(name, () => port((each) => SqlDecisionIndex.open(each)));
}

declare('embedded', embedded);
const onServer = server && openPostgres({ url: server.url(await server.makeDatabase()) });
if (onServer) {
  await migrate(onServer);
  declare('postgres', onServer);
}

const test = suite('sql conformance');
test.after(async () => {
  await embedded.close();
  await onServer?.close();
  await server?.end();
});
if (POSTGRES_MISSING) test.skip('journal and index on a server', POSTGRES_MISSING);
test('the embedded database is the kind that it says', () => assert.is(embedded.kind, 'embedded'));
