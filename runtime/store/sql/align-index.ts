/** Makes sure that an index is the index of this log. */
import { WitanError } from '../../../contracts/errors.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';
import type { SqlDecisionIndex } from './sql-decision-index.ts';

/** What {@link alignIndex} found. */
export type IndexAlignment = 'same' | 'empty' | 'cleared';

/**
 * Compares the last entry that the index holds with the log's; an index of something else is emptied, to be
 * fed again.
 * @throws conflict when it is another log's and `mayClear` is false: other nodes may be reading it
 */
export async function alignIndex(
  index: SqlDecisionIndex,
  ledger: Pick<LedgerPort, 'logId' | 'entry'>,
  { mayClear }: { readonly mayClear: boolean },
): Promise<IndexAlignment> {
  const { logId, position, chainHash } = await index.mark();
  if (position === 0 && (logId === null || logId === ledger.logId)) {
    await index.claim(ledger.logId);
    return 'empty';
  }
  const last = logId === ledger.logId ? await ledger.entry(position - 1) : undefined;
  if (last?.chainHash === chainHash) return 'same';
  if (!mayClear) {
    throw new WitanError('conflict', `the database holds the index of another log (${logId ?? 'unnamed'})`, {
      path: 'store.databaseUrl',
      expected: `a database of its own for ${ledger.logId}`,
    });
  }
  await index.clear();
  await index.claim(ledger.logId);
  return 'cleared';
}
