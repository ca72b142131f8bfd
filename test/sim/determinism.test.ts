/** A seed is a run: the same trace here, again, beside others, and in another process. */
import { join } from 'node:path';
import { assert, suite } from '../harness.ts';
import { checkSeed } from './check-seed.ts';
import { parseOptions } from './command/options.ts';
import { runSeeds } from './command/workers.ts';
import { calmed, planScenario } from './scenario/plan-scenario.ts';
import { runScenario } from './run-scenario.ts';

const test = suite('determinism of the simulator', { limitMs: 60_000 });
const SEEDS = [3, 11, 19, 27];

test('the same seed gives the same trace in this process and in two others', async () => {
  const here = new Map<number, string>();
  for (const seed of SEEDS) here.set(seed, (await checkSeed(seed)).traceHash);
  const main = join(import.meta.dirname, 'main.ts');
  let compared = 0;
  await runSeeds({
    seeds: [...SEEDS].reverse(),
    jobs: 2,
    main,
    plant: undefined,
    keepTrace: false,
    onReport: ({ report }) => {
      compared += 1;
      assert.is(report.traceHash, here.get(report.seed), `seed ${report.seed}`);
    },
  });
  assert.is(compared, SEEDS.length);
  assert.is(new Set(here.values()).size, SEEDS.length);
});

test('runs beside each other do not disturb each other', async () => {
  const scenario = calmed(planScenario(5));
  const alone = await runScenario(scenario);
  const [one, other] = await Promise.all([runScenario(scenario), runScenario(planScenario(6))]);
  assert.is(one.traceHash, alone.traceHash);
  assert.is.not(other.traceHash, alone.traceHash);
});

test('a trace that is kept hashes as one that is not', async () => {
  const scenario = calmed(planScenario(7));
  const [kept, dropped] = [await runScenario(scenario, { keepTrace: true }), await runScenario(scenario)];
  assert.is(kept.traceHash, dropped.traceHash);
  assert.ok(kept.trace.length > 100);
  assert.is(dropped.trace.length, 0);
});

test('the command line: seeds, one seed again, SEED, and what is no option', () => {
  const many = parseOptions(['--seeds', '1000', '--from', '7', '--jobs', '2'], {}, 4);
  assert.equal([many.seeds, many.from, many.jobs, many.coverage], [1_000, 7, 2, 'yes']);
  const one = parseOptions(['--seed', '42', '--trace', '--plant', 'two-finals'], {}, 4);
  assert.equal([one.seeds, one.from, one.trace, one.plant, one.coverage], [1, 42, true, 'two-finals', 'no']);
  assert.equal([parseOptions([], { SEED: '9' }, 4).from, parseOptions([], { SEED: '9' }, 4).seeds], [9, 1]);
  assert.throws(() => parseOptions(['--sedes', '3'], {}, 4), /unknown option --sedes/);
  assert.throws(() => parseOptions(['--seeds', 'x'], {}, 4), /whole number/);
});
