/** Opens the SQL stores of a node: a PostgreSQL server when one is named, else the embedded database. */
import type { Clock } from '../../kernel/clock.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { alignIndex } from './align-index.ts';
import { openEmbedded } from './embedded/embedded-postgres.ts';
import { migrate } from './migrations/migrate.ts';
import { openPostgres } from './postgres-pool.ts';
import type { SqlDatabase } from './sql-database.ts';
import { SqlDecisionIndex } from './sql-decision-index.ts';
import { SqlJournal } from './sql-journal.ts';

/** Stores in one database. */
export interface SqlStores {
  readonly database: SqlDatabase;
  readonly journal: SqlJournal;
  readonly index: SqlDecisionIndex;
  /** Closes stores and database; idempotent. */
  close(): Promise<void>;
}

/** How they are opened. */
export interface SqlStoresOptions {
  /** Empty: the embedded database. */
  readonly databaseUrl: string;
  /** Folder of the embedded database; null: memory. */
  readonly folder: string | null;
  readonly clock: Clock;
  readonly telemetry?: TelemetryPort | undefined;
  /** Log that the index belongs to; absent: it is not compared. */
  readonly ledger?: Pick<LedgerPort, 'logId' | 'entry'> | undefined;
  /** Gives the opening up; what was opened is closed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the database, brings its schema forward and makes sure that the index is this log's.
 * @throws unavailable, storage_failed, config_invalid, already_exists (embedded database open elsewhere),
 * not_supported (schema of a newer node), verification_failed (schema changed by another hand), conflict
 * (another log's index)
 */
export async function openSqlStores(options: SqlStoresOptions): Promise<SqlStores> {
  const { databaseUrl, folder, clock, telemetry, ledger, signal } = options;
  const startedMs = clock.monotonicMs();
  const database =
    databaseUrl === '' ? await openEmbedded({ folder, signal }) : openPostgres({ url: databaseUrl });
  try {
    const schemaVersion = await migrate(database);
    const index = await SqlDecisionIndex.open(database);
    const mayClear = database.kind === 'embedded';
    const alignment = ledger ? await alignIndex(index, ledger, { mayClear }) : 'same';
    signal?.throwIfAborted();
    const elapsedMs = clock.monotonicMs() - startedMs;
    if (alignment === 'cleared')
      telemetry?.log('warn', '/system/store', 'the index was not of this log: cleared');
    telemetry?.log('info', '/system/store', 'database open', {
      kind: database.kind,
      schemaVersion,
      elapsedMs,
    });
    const journal = new SqlJournal({ database, clock });
    const close = async (): Promise<void> => {
      await index.close();
      await journal.close();
      await database.close();
    };
    return { database, journal, index, close };
  } catch (error) {
    await database.close();
    throw error;
  }
}
