/** Seeds of the cluster simulator, green; `SEED=S` replays one; `npm run sim -- --cluster` runs more. */
import { join } from 'node:path';
import { assert, suite } from '../harness.ts';
import { CLUSTER_FAULTS } from './cluster/faults/plan-cluster.ts';
import { replayCommand, Tally } from './command/report.ts';
import { runSeed, runSeeds } from './command/workers.ts';
import type { TimedReport } from './command/workers.ts';

const test = suite('simulation of a cluster', { limitMs: 480_000 });
const SEED_COUNT = Number(process.env['SEEDS'] ?? 300);
const single = process.env['SEED'];
const RUN = { plant: undefined, keepTrace: false, isCluster: true };
/** What so many seeds must have brought, at least once in so many of them. */
const DONE = [
  'changes acknowledged',
  'asks answered',
  'tells handled',
  'appends acknowledged',
  'heads signed',
];
const ENDS = ['verdicts approved', 'verdicts rejected', 'verdicts held', 'verdicts told', 'leases lost'];

test('no invariant is broken under faults of nodes, links and servers', async () => {
  const tally = new Tally();
  const onReport = (timed: TimedReport): void => tally.add(timed);
  if (single !== undefined) onReport(await runSeed({ seed: Number(single), ...RUN }));
  else {
    const seeds = Array.from({ length: SEED_COUNT }, (_, at) => at + 1);
    await runSeeds({ seeds, jobs: 2, main: join(import.meta.dirname, 'main.ts'), onReport, ...RUN });
  }
  const { failed, faults, outcomes, healed } = tally.summary([]);
  const shown = failed.map(
    ({ seed, violations }) => `${replayCommand(seed, { isCluster: true })}: ${violations[0]!.what}`,
  );
  assert.is(shown.join('\n'), '');
  if (single !== undefined || SEED_COUNT < 100) return;
  for (const kind of CLUSTER_FAULTS) assert.ok((faults[kind] ?? 0) > 0, `no seed brought ${kind}`);
  for (const name of DONE) assert.ok((outcomes[name] ?? 0) > SEED_COUNT, `${name}: ${outcomes[name]}`);
  for (const name of ENDS) assert.ok((outcomes[name] ?? 0) > 10, `${name}: ${outcomes[name]}`);
  process.stdout.write(`${SEED_COUNT} seeds, whole again within ${healed!.worstMs} ms\n`);
});
