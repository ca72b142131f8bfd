import { SeededRandom } from '../../../runtime/kernel/index.ts';
import { assert, suite } from '../../../test/harness.ts';
import { crashToDeclaredMs } from './crash-time.ts';
import { coldStart, crashTraffic, idleTraffic, joinTraffic, mostNodes } from './scale-model.ts';
import { shardSpread } from './shard-moves.ts';

const test = suite('bench/cluster/scale', { limitMs: 20_000 });

const COSTS = { writeUs: 100, deliverUs: 5, takeInUs: 10 };
const SIZE = { beatMs: 500, shardCount: 256, watched: 'all' } as const;

test('at rest a cluster writes 2n and delivers 2n² a second', () => {
  const traffic = idleTraffic({ ...SIZE, nodes: 100 }, COSTS);
  assert.is(traffic.writesPerS, 200);
  assert.is(traffic.deliveriesPerS, 20_000);
  assert.is(traffic.changesPerNodePerS, 200);
  assert.ok(Math.abs(traffic.serverCores - 0.12) < 1e-9);
  assert.ok(Math.abs(traffic.loopShare - 0.002) < 1e-9);
});

test('who watches some is told of some, whatever the size', () => {
  const some = idleTraffic({ ...SIZE, nodes: 10_000, watched: 9 }, COSTS);
  assert.is(some.changesPerNodePerS, 18);
  assert.is(some.deliveriesPerS, 180_000);
  assert.is(idleTraffic({ ...SIZE, nodes: 5, watched: 9 }, COSTS).changesPerNodePerS, 10);
});

test('the most nodes are those that still fit', () => {
  const budget = { serverCores: 4, loopShare: 0.05 };
  const most = mostNodes(SIZE, COSTS, budget);
  const cores = (nodes: number): number => idleTraffic({ ...SIZE, nodes }, COSTS).serverCores;
  assert.ok(cores(most) <= 4 && cores(most + 1) > 4);
  assert.ok(mostNodes({ ...SIZE, beatMs: 5_000 }, COSTS, budget) > most * 3);
  assert.is(mostNodes(SIZE, COSTS, { serverCores: 0, loopShare: 1 }), 0);
});

test('a join moves about one of n shards, a crash what was owned', () => {
  const { movedByJoin, movedByLeave, fullest, idleNodes } = shardSpread(256, 10);
  assert.ok(movedByJoin > 10 && movedByJoin < 45, String(movedByJoin));
  // Only what the node that goes had moves.
  assert.is(movedByLeave, Math.round(fullest * 25.6));
  assert.is(idleNodes, 0);
  assert.equal(joinTraffic(10, 3), { writes: 8, deliveries: 80 });
  assert.equal(crashTraffic(10, 3), { writes: 6, deliveries: 40 });
  assert.is(shardSpread(16, 100).idleNodes >= 84, true);
  assert.is(coldStart({ ...SIZE, nodes: 10 }).readEntries, 2_660);
});

test('a crash is declared after the lease and within two beats more', () => {
  const random = new SeededRandom(1);
  for (const times of [
    { beatMs: 500, leaseMs: 2_000 },
    { beatMs: 2_500, leaseMs: 10_000 },
  ]) {
    for (let round = 0; round < 200; round += 1) {
      const ms = crashToDeclaredMs(times, random);
      assert.ok(ms >= times.leaseMs - times.beatMs && ms <= times.leaseMs + 2 * times.beatMs, String(ms));
    }
  }
});
