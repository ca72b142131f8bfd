/** Journal of durable actors in SQL: one statement an append. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type {
  AppendOptions,
  JournalEvent,
  JournalPort,
  JournalSnapshot,
} from '../../kernel/ports/journal.ts';
import { PortLife } from '../port-life.ts';
import type { SqlDatabase } from './sql-database.ts';

/** What a journal is made from. */
export interface SqlJournalOptions {
  /** With the schema of this node; stays open when the journal closes. */
  readonly database: SqlDatabase;
  readonly clock: Clock;
  /** Whose journals these are; keys of two tenants never meet (default `system`, the node itself). */
  readonly tenant?: string;
}

/** Rows of one query while reading; no connection is held between pages. */
const PAGE_COUNT = 500;

/**
 * The head decides: of writers that race, one finds it as expected and moves it, the others wait for its
 * row and then find it moved. The events' own key (tenant, key, sequence) is the second fence.
 */
const APPEND = `
WITH moved AS (
  UPDATE journal_heads
  SET sequence = sequence + $4, generation = greatest(generation, coalesce($5, 0))
  WHERE tenant = $1 AND key = $2 AND sequence = $3 AND ($5 IS NULL OR generation <= $5)
  RETURNING sequence
), made AS (
  INSERT INTO journal_heads (tenant, key, sequence, generation)
  SELECT $1, $2, $4, coalesce($5, 0)
  WHERE $3 = 0 AND NOT EXISTS (SELECT FROM moved)
  ON CONFLICT (tenant, key) DO NOTHING
  RETURNING sequence
), head AS (
  SELECT sequence FROM moved UNION ALL SELECT sequence FROM made
), written AS (
  INSERT INTO journal_events (tenant, key, sequence, type, schema_version, payload, at_wall_ms)
  SELECT $1, $2, $3 + event.place, event.type, event.schema_version, event.payload::json, $9
  FROM head, unnest($6::text[], $7::integer[], $8::text[])
    WITH ORDINALITY AS event (type, schema_version, payload, place)
)
SELECT sequence FROM head`.replaceAll(/\$([3459])\b/g, '$$$1::bigint');

const READ = `
SELECT sequence, type, schema_version, payload::text AS payload, at_wall_ms
FROM journal_events WHERE tenant = $1 AND key = $2 AND sequence > $3 ORDER BY sequence LIMIT ${PAGE_COUNT}`;

const FORGET = `
WITH head AS (DELETE FROM journal_heads WHERE tenant = $1 AND key = $2),
  events AS (DELETE FROM journal_events WHERE tenant = $1 AND key = $2)
DELETE FROM journal_snapshots WHERE tenant = $1 AND key = $2`;

const SAVE = `
INSERT INTO journal_snapshots AS known (tenant, key, sequence, schema_version, state)
SELECT $1, $2, $3::bigint, $4::integer, $5::json FROM journal_heads
WHERE tenant = $1 AND key = $2 AND sequence >= $3::bigint
ON CONFLICT (tenant, key) DO UPDATE
SET sequence = excluded.sequence, schema_version = excluded.schema_version, state = excluded.state
WHERE known.sequence <= excluded.sequence`;

interface EventRow {
  readonly sequence: string;
  readonly type: string;
  readonly schema_version: number;
  readonly payload: string;
  readonly at_wall_ms: string;
}

/** {@link JournalPort} in an SQL database. */
export class SqlJournal implements JournalPort {
  readonly #database: SqlDatabase;
  readonly #clock: Clock;
  readonly #tenant: string;
  readonly #life = new PortLife('journal');

  constructor({ database, clock, tenant = 'system' }: SqlJournalOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#tenant = tenant;
  }

  async append(
    key: string,
    events: readonly Pick<JournalEvent, 'type' | 'schemaVersion' | 'payload'>[],
    { expectedSequence, generation }: AppendOptions,
  ): Promise<number> {
    this.#life.assertOpen();
    const rows = await this.#database
      .query<{ sequence: string }>(
        APPEND,
        [
          this.#tenant,
          key,
          expectedSequence,
          events.length,
          generation ?? null,
          events.map((event) => event.type),
          events.map((event) => event.schemaVersion),
          events.map((event) => toText(event.payload)),
          Math.round(this.#clock.wallMs()),
        ],
        'journal-append',
      )
      .catch((error: unknown) => {
        if (error instanceof WitanError && error.code === 'conflict')
          throw staleWriter('an event stands there', error);
        throw error;
      });
    if (rows.length > 0) return Number(rows[0]!.sequence);
    throw await this.#whyStale(key, generation);
  }

  async *read(key: string, afterSequence: number): AsyncIterable<JournalEvent> {
    let after = afterSequence;
    for (;;) {
      this.#life.assertOpen();
      const rows = await this.#database.query<EventRow>(READ, [this.#tenant, key, after]);
      for (const row of rows) {
        after = Number(row.sequence);
        yield {
          key,
          sequence: after,
          type: row.type,
          schemaVersion: row.schema_version,
          payload: JSON.parse(row.payload) as unknown,
          atWallMs: Number(row.at_wall_ms),
        };
      }
      if (rows.length < PAGE_COUNT) return;
    }
  }

  async latestSnapshot(key: string): Promise<JournalSnapshot | undefined> {
    this.#life.assertOpen();
    const [row] = await this.#database.query<{ sequence: string; schema_version: number; state: string }>(
      `SELECT sequence, schema_version, state::text AS state
       FROM journal_snapshots WHERE tenant = $1 AND key = $2`,
      [this.#tenant, key],
    );
    if (!row) return undefined;
    const state = JSON.parse(row.state) as unknown;
    return { key, sequence: Number(row.sequence), schemaVersion: row.schema_version, state };
  }

  async forget(key: string): Promise<void> {
    this.#life.assertOpen();
    await this.#database.query(FORGET, [this.#tenant, key]);
  }

  async saveSnapshot({ key, sequence, schemaVersion, state }: JournalSnapshot): Promise<void> {
    this.#life.assertOpen();
    const values = [this.#tenant, key, sequence, schemaVersion, toText(state)];
    await this.#database.query(SAVE, values);
    const [head] = await this.#head(key);
    if (head && Number(head.sequence) >= sequence) return;
    throw new WitanError('invalid_argument', `no event ${sequence} stands behind the snapshot`, {
      path: 'sequence',
    });
  }

  async *keys(prefix: string): AsyncIterable<string> {
    let after: string | null = null;
    for (;;) {
      this.#life.assertOpen();
      const rows: readonly { key: string }[] = await this.#database.query<{ key: string }>(
        `SELECT key FROM journal_heads
         WHERE tenant = $1 AND starts_with(key, $2) AND ($3::text IS NULL OR key > $3)
         ORDER BY key LIMIT ${PAGE_COUNT}`,
        [this.#tenant, prefix, after],
      );
      for (const { key } of rows) yield (after = key);
      if (rows.length < PAGE_COUNT) return;
    }
  }

  async close(): Promise<void> {
    this.#life.close();
  }

  #head(key: string): Promise<readonly { sequence: string; generation: string }[]> {
    return this.#database.query(
      'SELECT sequence, generation FROM journal_heads WHERE tenant = $1 AND key = $2',
      [this.#tenant, key],
    );
  }

  async #whyStale(key: string, generation: number | undefined): Promise<WitanError> {
    const [head] = await this.#head(key);
    const highest = Number(head?.generation ?? 0);
    if (generation !== undefined && generation < highest) {
      return staleWriter(
        `a writer of generation ${highest} is ahead`,
        undefined,
        `generation ${highest} or higher`,
      );
    }
    const sequence = Number(head?.sequence ?? 0);
    return staleWriter(`the journal stands at ${sequence}`, undefined, `expectedSequence ${sequence}`);
  }
}

function staleWriter(message: string, cause: unknown, expected?: string): WitanError {
  return new WitanError('stale_writer', message, expected === undefined ? {} : { expected }, cause);
}

function toText(value: unknown): string {
  const text = JSON.stringify(value ?? null) as string | undefined;
  if (text === undefined) {
    throw new WitanError('invalid_argument', 'the value is not JSON', { expected: 'a JSON value' });
  }
  return text;
}
