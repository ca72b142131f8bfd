/** Statements of the trail. */
import type { AuditIndexFilter } from '../../../kernel/ports/audit/audit-index.ts';
import type { IndexPage } from '../../../kernel/ports/decision/decision-index.ts';
import { cursorOf, limitOf } from '../index-statements.ts';
import type { Select } from '../index-statements.ts';
import type { SqlValue } from '../sql-database.ts';

/** Entries that match, newest first, one more than the page holds. @throws invalid_argument */
export function selectEntries(filter: AuditIndexFilter, page: IndexPage): Select {
  const values: SqlValue[] = [filter.tenants];
  const conditions = ['tenant = ANY ($1)'];
  const add = (condition: (parameter: string) => string, value: SqlValue): void => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  const limit = limitOf(page);
  const { sinceWallMs, untilWallMs, actionType, categories, actor, decisionId, systemId, text } = filter;
  if (page.cursor !== undefined) add((p) => `log_index < ${p}`, cursorOf(page.cursor, /^\d{1,15}$/)[0]!);
  if (sinceWallMs !== undefined) add((p) => `at >= to_timestamp(${p}::double precision / 1000)`, sinceWallMs);
  if (untilWallMs !== undefined) add((p) => `at < to_timestamp(${p}::double precision / 1000)`, untilWallMs);
  if (actionType?.isPrefix === true) add((p) => `action_type LIKE ${p}`, `${escaped(actionType.text)}%`);
  else if (actionType !== undefined) add((p) => `action_type = ${p}`, actionType.text);
  if (categories !== undefined) add((p) => `category = ANY (${p})`, categories);
  if (actor !== undefined) add((p) => `actor = ${p}`, actor);
  if (decisionId !== undefined) add((p) => `decision_id = ${p}`, decisionId);
  if (systemId === null) conditions.push('system_id IS NULL');
  else if (systemId !== undefined) add((p) => `system_id = ${p}`, systemId);
  if (text !== undefined) add((p) => `words ILIKE ${p}`, `%${escaped(text)}%`);
  const where = conditions.join(' AND ');
  return {
    text: `SELECT * FROM audit_entries WHERE ${where} ORDER BY log_index DESC LIMIT ${limit + 1}`,
    values,
  };
}

/** Uses of one datum, newest first, one more than the page holds. @throws invalid_argument */
export function selectUses(names: readonly string[], page: IndexPage): Select {
  const values: SqlValue[] = [...names];
  let where = `digest IN (${names.map((_, at) => `$${at + 1}`).join(', ')})`;
  const limit = limitOf(page);
  if (page.cursor !== undefined) {
    const [index, place] = cursorOf(page.cursor, /^\d{1,15}\.\d{1,6}$/);
    where += ` AND (log_index, place) < ($${values.push(index!)}, $${values.push(place!)})`;
  }
  const order = 'ORDER BY log_index DESC, place DESC';
  return { text: `SELECT * FROM audit_data WHERE ${where} ${order} LIMIT ${limit + 1}`, values };
}

/** Text that LIKE takes for what it is. */
function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
}
