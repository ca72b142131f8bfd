/** Seeds of the simulator, green; `SEED=S` replays one. `npm run sim` runs more of them. */
import { cpus } from 'node:os';
import { assert, suite } from '../harness.ts';
import { replayCommand, Tally } from './command/report.ts';
import { runSeed, runSeeds } from './command/workers.ts';
import type { TimedReport } from './command/workers.ts';
import { join } from 'node:path';

const test = suite('simulation', { limitMs: 120_000 });
const SEED_COUNT = 40;
const single = process.env['SEED'];
/** Kinds of faults that this many seeds must have brought. */
const EXPECTED_FAULTS = [
  'seat-hang',
  'seat-slow',
  'seat-killed',
  'node-crash',
  'node-crash-at-append',
  'session-crash-at-append',
  'orchestrator-crash',
  'ballot-dropped',
  'ballot-duplicated',
  'ballot-reordered',
  'ballot-late',
  'request-delayed',
  'sync-error',
  'write-error',
  'reply-lost',
  'index-failing',
] as const;

test('no invariant is broken under faults', async () => {
  const tally = new Tally();
  const onReport = (timed: TimedReport): void => tally.add(timed);
  if (single !== undefined)
    onReport(await runSeed({ seed: Number(single), plant: undefined, keepTrace: false }));
  else {
    const seeds = Array.from({ length: SEED_COUNT }, (_, at) => at + 1);
    const main = join(import.meta.dirname, 'main.ts');
    await runSeeds({
      seeds,
      jobs: Math.min(2, cpus().length),
      main,
      onReport,
      plant: undefined,
      keepTrace: false,
    });
  }
  const { failed, faults, outcomes } = tally.summary([]);
  const shown = failed.map(({ seed, violations }) => `${replayCommand(seed, {})}: ${violations[0]!.what}`);
  assert.is(shown.join('\n'), '');
  if (single !== undefined) return;
  for (const kind of EXPECTED_FAULTS) assert.ok((faults[kind] ?? 0) > 0, `no seed brought ${kind}`);
  for (const outcome of ['approved by council', 'rejected by council', 'held: veto', 'held: session-lost']) {
    assert.ok((outcomes[outcome] ?? 0) > 0, `no seed ended with ${outcome}`);
  }
});
