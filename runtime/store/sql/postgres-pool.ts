/** A PostgreSQL server, 15 or newer, by its URL. */
import pg from 'pg';
import { WitanError } from '../../../contracts/errors.ts';
import { PooledDatabase } from './pooled-database.ts';
import type { SqlDatabase } from './sql-database.ts';

/** How a server is reached. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the parameters that `pg` knows (`sslmode`). */
  readonly url: string;
  /** Connections at most (default 10). */
  readonly connectionMaxCount?: number;
  /** The server gives a statement up after it (default 10,000 ms). */
  readonly statementTimeoutMs?: number;
  /** Waiting for a connection, also for a free one (default 3,000 ms). */
  readonly connectTimeoutMs?: number;
}

/** A server that is silent for this much longer than its own limit is taken for dead. */
const SILENCE_MS = 2_000;

/**
 * Makes the pool; no connection is opened before the first query. A broken connection is replaced at the
 * next one.
 * @throws config_invalid for a URL that is none
 */
export function openPostgres(options: PostgresOptions): SqlDatabase {
  const { url, connectionMaxCount = 10, statementTimeoutMs = 10_000, connectTimeoutMs = 3_000 } = options;
  if (!/^postgres(ql)?:\/\/./.test(url) || !URL.canParse(url)) {
    // The value itself may hold a password.
    throw new WitanError('config_invalid', 'the database URL is none', {
      path: 'store.databaseUrl',
      expected: 'postgres://user:password@host:port/database',
    });
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionMaxCount,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    application_name: 'witan',
    keepAlive: true,
    allowExitOnIdle: true,
  });
  return new PooledDatabase('postgres', pool);
}
