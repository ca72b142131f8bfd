/** What SQL stores see of a database, whichever kind it is. */

/** Value of a statement's parameter. */
export type SqlValue = string | number | boolean | null | readonly string[] | readonly number[];

/** Runs statements on one connection. */
export interface SqlSession {
  /**
   * Rows of one statement with parameters `$1`, …; without parameters also several statements, of which the
   * last gives the rows. `bigint` columns come as text, `timestamptz` as Date, `json` parsed. A statement
   * with a `name` is planned once a connection; the name belongs to one text.
   * @throws unavailable (outcome unknown), storage_failed, conflict (a unique key), invalid_argument
   */
  query<R extends object>(text: string, values?: readonly SqlValue[], name?: string): Promise<readonly R[]>;
}

/** A database that speaks PostgreSQL 15. `query` outside of a transaction commits at once. */
export interface SqlDatabase extends SqlSession {
  readonly kind: 'embedded' | 'postgres';
  /**
   * Runs `work` in one transaction (read committed) and commits; rolls back and rethrows when it throws.
   * Inside, only the given session may be used: the embedded database has one connection, and another query
   * would wait for ever.
   */
  transaction<T>(work: (session: SqlSession) => Promise<T>, begin?: string): Promise<T>;
  /** Ends all connections; idempotent. Later calls are `unavailable`. */
  close(): Promise<void>;
}
