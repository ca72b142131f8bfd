/**
 * Seeded lives of a replicated log under crashes, power cuts, pauses, partitions and lost answers: some in
 * each run, hundreds with `SEEDS=200`, one with `SEED=7`.
 */
import { runScenario, type ScenarioCounts } from './log/log-scenario.ts';
import { assert, suite } from '../harness.ts';

const test = suite('replicated log under faults', { limitMs: 300_000 });
const FIRST = Number(process.env['SEED'] ?? 1);
const COUNT = process.env['SEED'] === undefined ? Number(process.env['SEEDS'] ?? 60) : 1;

test('nothing acknowledged is lost, nothing is acknowledged twice, no two heads differ', async () => {
  const sums: Record<string, number> = {};
  for (let seed = FIRST; seed < FIRST + COUNT; seed += 1) {
    const counts: ScenarioCounts = await runScenario(seed);
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + (count as number);
  }
  process.stdout.write(`${COUNT} seeds: ${JSON.stringify(sums)}\n`);
  if (COUNT === 1) return;
  // A world in which nothing happens proves nothing.
  for (const name of [
    'acknowledged',
    'unknown',
    'crashes',
    'pauses',
    'cuts',
    'wipes',
    'heads',
    'caughtUp',
  ] as const)
    assert.ok(sums[name]! > COUNT / 4, name);
  assert.ok(sums['promotions']! > COUNT * 1.5, 'promotions');
});

test('the same on the leases and claims of the cluster', async () => {
  const count = Math.ceil(COUNT / 5);
  for (let seed = FIRST; seed < FIRST + count; seed += 1) await runScenario(seed, {}, true);
});
