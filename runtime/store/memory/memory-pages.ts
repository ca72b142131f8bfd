/** Pages of lists that are kept in memory. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Page } from '../../../contracts/messages/decision-view.ts';
import type { IndexPage } from '../../kernel/ports/decision/decision-index.ts';

/** Longest page that an index gives. */
export const INDEX_PAGE_MAX = 1_000;

/** Page of a list, walked from the newest; the cursor is the number of items that are older than the page before. */
export function pageOf<I, T>(
  items: readonly I[],
  page: IndexPage,
  pick: (item: I) => T | undefined,
): Page<T> {
  const { limit } = page;
  if (!Number.isInteger(limit) || limit < 1 || limit > INDEX_PAGE_MAX) {
    throw new WitanError('invalid_argument', 'the page length is out of range', {
      path: 'limit',
      expected: '1 to 1000',
    });
  }
  let at = page.cursor === undefined ? items.length : cursorOf(page.cursor, items.length);
  const found: T[] = [];
  while (at > 0 && found.length < limit) {
    at -= 1;
    const item = pick(items[at]!);
    if (item !== undefined) found.push(item);
  }
  return { items: found, nextCursor: at > 0 ? String(at) : null };
}

function cursorOf(cursor: string, length: number): number {
  const at = /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (at >= 0 && at <= length) return at;
  throw new WitanError('invalid_argument', 'the cursor is none of ours', {
    path: 'cursor',
    expected: 'a nextCursor',
  });
}
