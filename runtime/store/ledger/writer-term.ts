/** What a log on one disk asks of who writes to it. */
import { WitanError } from '../../../contracts/errors.ts';
import type { WriterTerm } from '../../kernel/ports/ledger.ts';

/**
 * Generation that an append belongs to: that of its writer, or the highest there was.
 * @throws stale_writer below the highest; not_supported for a set of followers: a log on one disk has
 *   none, and an entry acknowledged alone would be said to be where it is not
 */
export function generationOf({ generation, inSync = [] }: WriterTerm, highest: number): number {
  if (inSync.length > 0) {
    const details = { path: 'inSync', expected: 'none: this log is on one disk', inSync: [...inSync] };
    throw new WitanError('not_supported', 'the log has no followers', details);
  }
  if (generation === undefined || generation >= highest) return generation ?? highest;
  const details = { generation, highest };
  throw new WitanError('stale_writer', `generation ${generation} is below ${highest}`, details);
}
