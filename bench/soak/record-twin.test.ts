import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { LedgerEntry } from '../../runtime/kernel/ports/ledger.ts';
import { assert, suite } from '../../test/harness.ts';
import { recordCourse } from './record-twin.ts';

const test = suite('soak: record in memory', { limitMs: 20_000 });

/** A log of decisions with two entries each; every reading makes new strings, as files do. */
function logOf(decisionCount: number): Parameters<typeof recordCourse>[0] {
  return {
    logId: 'witan/soak',
    async *read(fromIndex) {
      for (let index = fromIndex; index < 2 * decisionCount; index += 1) {
        const decisionId = `dec_${String(Math.floor(index / 2)).padStart(32, '0')}` as DecisionId;
        yield { index, decisionId, kind: index % 2 === 0 ? 'opened' : 'final' } as LedgerEntry;
      }
    },
  };
}

test('what the record keeps of a decision is counted, and within its bound', async () => {
  const { bytes, decisionCount } = await recordCourse(logOf(20_000), [10_000, 40_000]);
  assert.is(decisionCount, 20_000);
  const [early, late] = bytes.map((one, at) => one / [5_000, 20_000][at]!);
  for (const share of [early!, late!]) {
    assert.ok(share > 50 && share < 250, `${Math.round(share)} B a decision`);
  }
});
