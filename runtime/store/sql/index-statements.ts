/** Statements of the index. */
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionListFilter, IndexPage } from '../../kernel/ports/decision/decision-index.ts';
import { INDEX_PAGE_MAX } from '../memory/memory-decision-index.ts';
import type { SqlValue } from './sql-database.ts';

/** Applies a batch at a position; see the migration of that name. */
export const APPLY = 'SELECT apply_to_index($1, $2, $3, $4, $5, $6, $7, $8, $9) AS position';

/** A select with its parameters. */
export interface Select {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Rows of a list, newest first, one more than the page holds. @throws invalid_argument */
export function selectDecisions(filter: DecisionListFilter, page: IndexPage): Select {
  const values: SqlValue[] = [];
  const conditions: string[] = [];
  const add = (condition: (parameter: string) => string, value: SqlValue): void => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  const limit = limitOf(page);
  if (page.cursor !== undefined) add((p) => `opened_index < ${p}`, cursorOf(page.cursor, /^\d{1,15}$/)[0]!);
  if (filter.tenant !== undefined) add((p) => `tenant = ${p}`, filter.tenant);
  if (filter.type !== undefined) add((p) => `type = ${p}`, filter.type);
  if (filter.outcome === 'open') conditions.push('outcome IS NULL');
  else if (filter.outcome !== undefined) add((p) => `outcome = ${p}`, filter.outcome);
  if (filter.heldReason !== undefined) add((p) => `held_reason = ${p}`, filter.heldReason);
  if (filter.resolved !== undefined) conditions.push(filter.resolved ? 'resolved' : 'NOT resolved');
  const { sinceWallMs, untilWallMs } = filter;
  if (sinceWallMs !== undefined)
    add((p) => `opened_at >= to_timestamp(${p}::double precision / 1000)`, sinceWallMs);
  if (untilWallMs !== undefined)
    add((p) => `opened_at < to_timestamp(${p}::double precision / 1000)`, untilWallMs);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return { text: `SELECT * FROM decisions ${where} ORDER BY opened_index DESC LIMIT ${limit + 1}`, values };
}

/** Evaluations of one seat, newest first, one more than the page holds. @throws invalid_argument */
export function selectEvaluations(seat: string, page: IndexPage & { tenant?: string | undefined }): Select {
  const values: SqlValue[] = [seat];
  let where = 'seat = $1';
  const limit = limitOf(page);
  if (page.tenant !== undefined) where += ` AND tenant = $${values.push(page.tenant)}`;
  if (page.cursor !== undefined) {
    const [finalIndex, place] = cursorOf(page.cursor, /^\d{1,15}\.\d{1,6}$/);
    where += ` AND (final_index, place) < ($${values.push(finalIndex!)}, $${values.push(place!)})`;
  }
  const order = 'ORDER BY final_index DESC, place DESC';
  return { text: `SELECT * FROM agent_evaluations WHERE ${where} ${order} LIMIT ${limit + 1}`, values };
}

/** Length of a page. @throws invalid_argument */
export function limitOf({ limit }: IndexPage): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= INDEX_PAGE_MAX) return limit;
  const details = { path: 'limit', expected: `1 to ${INDEX_PAGE_MAX}` };
  throw new WitanError('invalid_argument', 'the page length is out of range', details);
}

/** Numbers of a cursor. @throws invalid_argument for one that is none */
export function cursorOf(cursor: string, form: RegExp): readonly number[] {
  if (form.test(cursor)) return cursor.split('.').map(Number);
  const details = { path: 'cursor', expected: 'a nextCursor' };
  throw new WitanError('invalid_argument', 'the cursor is none of ours', details);
}
