/** Each fence of the cluster is needed: without it a seed shows what it prevents, and shows it again. */
import { assert, suite } from '../harness.ts';
import { CLUSTER_PLANTS } from './cluster/plants/all.ts';
import { findPlant } from './cluster/plants/find-plants.ts';
import { runCluster } from './cluster/run-cluster.ts';

const test = suite('fences of a cluster taken away', { limitMs: 120_000 });
/** Seeds from a plant's first one on among which it must be found; the first one is where it was found. */
const WITHIN_SEEDS = 30;

for (const plant of CLUSTER_PLANTS) {
  test(`${plant.name}: ${plant.what}`, async () => {
    const { seed, shown } = await findPlant(plant, WITHIN_SEEDS);
    assert.ok(seed !== undefined, `${plant.breaks.join(', ')} saw nothing from seed ${plant.from ?? 1} on`);
    assert.ok(shown.length > 0);
  });
}

test('the same seed gives the same trace, alone and again; another seed gives another', async () => {
  const [first, again, other] = [await runCluster(5), await runCluster(5), await runCluster(6)];
  assert.is(first.traceHash, again.traceHash);
  assert.is.not(first.traceHash, other.traceHash);
  const kept = await runCluster(5, { keepTrace: true });
  assert.is(kept.traceHash, first.traceHash);
  assert.ok(kept.trace.length > 50);
});
