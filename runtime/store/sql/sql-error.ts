/** From what a driver throws to the project's own errors. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';

/**
 * SQLSTATE prefixes, longest first.
 * @source PostgreSQL 15, appendix A
 */
const CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['23505', 'conflict'],
  ['57014', 'unavailable'],
  ['55P03', 'unavailable'],
  ['57P01', 'unavailable'],
  ['57P02', 'unavailable'],
  ['57P03', 'unavailable'],
  ['57P05', 'unavailable'],
  ['53300', 'unavailable'],
  ['25006', 'unavailable'],
  ['25P03', 'unavailable'],
  ['3D000', 'config_invalid'],
  ['42501', 'config_invalid'],
  ['08', 'unavailable'],
  ['22', 'invalid_argument'],
  ['28', 'config_invalid'],
  ['40', 'unavailable'],
];

/** SQLSTATE of what the driver threw; undefined when it did not come from the server. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]+$/.test(code) ? code : undefined;
}

/**
 * Turns an error of the driver into one of ours. What the server refuses without a code of ours is
 * `storage_failed`; what did not come from the server is `unavailable`, its outcome unknown. A programmer's
 * error is given back as it is.
 */
export function toSqlError(error: unknown): unknown {
  if (error instanceof WitanError || error instanceof TypeError || error instanceof RangeError) return error;
  const sqlState = sqlStateOf(error);
  if (sqlState === undefined) {
    const reason =
      (error as { code?: unknown } | null)?.code ?? (error as Error | null)?.message ?? 'unknown';
    return new WitanError('unavailable', `the database does not answer: ${String(reason)}`, {}, error);
  }
  const code = CODES.find(([prefix]) => sqlState.startsWith(prefix))?.[1] ?? 'storage_failed';
  const table = (error as { table?: string }).table;
  const details = { sqlState, ...(table !== undefined && { table }) };
  return new WitanError(code, `the database refused: ${(error as Error).message}`, details, error);
}

/** Whether the connection that threw it can be used again: the server answered, and goes on. */
export function isConnectionUsable(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && !/^(08|57P0|XX)/.test(sqlState);
}
