/** One step of the schema, as data. */
import { createHash } from 'node:crypto';

/** A step forward; never changed once released, never taken back. */
export interface Migration {
  /** 1, 2, 3, … without gaps. */
  readonly version: number;
  readonly name: string;
  /** Statements for PostgreSQL 15; run in one transaction. */
  readonly sql: string;
}

/** SHA-256 of a step's statements, 64 hex digits: what a database remembers of it. */
export function checksumOf({ sql }: Migration): string {
  return createHash('sha256').update(sql).digest('hex');
}
