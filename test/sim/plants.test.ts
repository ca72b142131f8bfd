/** Each invariant sees: a planted fault is found, and its seed finds it again by the same trace. */
import { assert, suite } from '../harness.ts';
import { checkSeed } from './check-seed.ts';
import { PAIR_INVARIANTS, RUN_INVARIANTS } from './invariants/all.ts';
import { PLANTS } from './plants/all.ts';

const test = suite('planted faults', { limitMs: 60_000 });
/** Seeds among which a planted fault must be found. */
const WITHIN_SEEDS = 40;
const PAIRS: ReadonlySet<string> = new Set(PAIR_INVARIANTS.map(({ name }) => name));

for (const plant of PLANTS) {
  test(`${plant.name}: ${plant.what}`, async () => {
    const part = PAIRS.has(plant.breaks) ? 'replays' : 'faults';
    for (let seed = 1; seed <= WITHIN_SEEDS; seed += 1) {
      const found = await checkSeed(seed, { plant, part });
      if (!found.violations.some(({ invariant }) => invariant === plant.breaks)) continue;
      const again = await checkSeed(seed, { plant, part });
      assert.is(again.traceHash, found.traceHash);
      assert.equal(again.violations, found.violations);
      return;
    }
    assert.unreachable(`${plant.breaks} does not see it within ${WITHIN_SEEDS} seeds`);
  });
}

test('every invariant has a planted fault', () => {
  const planted = new Set(PLANTS.map(({ breaks }) => breaks));
  const unplanted = [...RUN_INVARIANTS, ...PAIR_INVARIANTS].filter(({ name }) => !planted.has(name));
  assert.equal(
    unplanted.map(({ name }) => name),
    [],
  );
});
