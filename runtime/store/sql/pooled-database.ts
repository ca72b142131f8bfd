/** A database behind a pool of `pg` clients: the part that real and embedded ones share. */
import type { Pool, PoolClient } from 'pg';
import { WitanError } from '../../../contracts/errors.ts';
import type { SqlDatabase, SqlSession, SqlValue } from './sql-database.ts';
import { isConnectionUsable, toSqlError } from './sql-error.ts';

/** See {@link SqlDatabase}. */
export class PooledDatabase implements SqlDatabase {
  readonly kind: SqlDatabase['kind'];
  readonly #pool: Pool;
  readonly #afterClose: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @param afterClose Runs once, when all connections are gone. */
  constructor(
    kind: SqlDatabase['kind'],
    pool: Pool,
    afterClose: () => Promise<void> = async () => undefined,
  ) {
    this.kind = kind;
    this.#pool = pool;
    this.#afterClose = afterClose;
    // An idle connection that breaks is replaced at the next query, which says so if it cannot be.
    pool.on('error', () => undefined);
  }

  query<R extends object>(text: string, values?: readonly SqlValue[], name?: string): Promise<readonly R[]> {
    return this.#withClient((client) => rowsOf<R>(client, { text, values, name }));
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>, begin = 'BEGIN'): Promise<T> {
    return this.#withClient(async (client) => {
      const session: SqlSession = { query: (text, values, name) => rowsOf(client, { text, values, name }) };
      try {
        await session.query(begin);
        const result = await work(session);
        const { command } = await commit(client);
        // PostgreSQL answers the commit of a failed transaction with a rollback and no error.
        if (command !== 'COMMIT') throw new WitanError('storage_failed', 'the transaction was rolled back');
        return result;
      } catch (error) {
        // A connection that cannot even roll back is thrown away, and its transaction with it.
        const failed = await client.query('ROLLBACK').then(
          () => undefined,
          (reason: unknown) => ({ reason }),
        );
        throw failed ? new BrokenConnection(error) : error;
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end().then(this.#afterClose);
    return this.#closing;
  }

  /**
   * The pool's own `query` throws a connection away after every refused statement; here it is kept while
   * the server goes on answering.
   */
  async #withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    if (this.#closing) throw new WitanError('unavailable', 'the database is closed');
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw toSqlError(error);
    }
    // A connection that breaks under a query tells the query as well.
    const onError = (): void => undefined;
    client.on('error', onError);
    try {
      const result = await work(client);
      client.off('error', onError);
      client.release();
      return result;
    } catch (thrown) {
      const error = thrown instanceof BrokenConnection ? thrown.cause : thrown;
      client.off('error', onError);
      client.release(thrown instanceof BrokenConnection || isLost(error));
      throw error;
    }
  }
}

/** The connection is gone; `cause` is why the work failed. */
class BrokenConnection extends Error {
  constructor(cause: unknown) {
    super('the connection is gone', { cause });
  }
}

/** Whether the connection may not have survived; one too many is thrown away rather than one too few. */
function isLost(error: unknown): boolean {
  if (!(error instanceof WitanError)) return true;
  return error.cause !== undefined && !isConnectionUsable(error.cause);
}

async function commit(client: PoolClient): Promise<{ readonly command: string }> {
  try {
    return await client.query('COMMIT');
  } catch (error) {
    throw toSqlError(error);
  }
}

interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[] | undefined;
  readonly name: string | undefined;
}

async function rowsOf<R extends object>(
  client: PoolClient,
  { text, values, name }: Statement,
): Promise<readonly R[]> {
  try {
    const result = await client.query<R>({
      text,
      ...(values && { values: [...values] }),
      ...(name && { name }),
    });
    // Several statements give several results, whatever the declared type says.
    const results = result as unknown as { readonly rows: R[] } | readonly { readonly rows: R[] }[];
    return 'rows' in results ? results.rows : (results.at(-1)?.rows ?? []);
  } catch (error) {
    throw toSqlError(error);
  }
}
