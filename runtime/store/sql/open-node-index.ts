/** The index of one node: in its database, in memory while that is not there. */
import type { Clock } from '../../kernel/clock.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { isEmbeddedMade } from './embedded/embedded-postgres.ts';
import { openSqlStores } from './open-sql-stores.ts';
import { StandbyIndex } from './standby-index.ts';

/** What the index of a node is opened with. */
export interface NodeIndexOptions {
  /** Empty: the embedded database. */
  readonly databaseUrl: string;
  /** Folder of the embedded database. */
  readonly folder: string;
  readonly ledger: LedgerPort;
  readonly clock: Clock;
  readonly telemetry?: TelemetryPort | undefined;
}

/** Longest time that a start waits for a database that is expected to be there soon. */
const WAIT_MS = 2_000;

/**
 * Opens the index beside whatever else the node does at its start. An embedded database that has to be made
 * first, which takes some seconds, is not waited for.
 */
export function openNodeIndex(options: NodeIndexOptions): StandbyIndex {
  const { databaseUrl, folder, ledger, clock, telemetry } = options;
  const isExpected = databaseUrl !== '' || isEmbeddedMade(folder);
  return new StandbyIndex({
    open: async (signal) => {
      const stores = await openSqlStores({ databaseUrl, folder, clock, telemetry, ledger, signal });
      const name = databaseUrl === '' ? 'embedded database' : 'PostgreSQL database';
      return { index: stores.index, name, close: () => stores.close() };
    },
    ledger,
    clock,
    telemetry,
    waitMs: isExpected ? WAIT_MS : 0,
  });
}
