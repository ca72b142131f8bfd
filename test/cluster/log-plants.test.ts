/** Each rule of the protocol is needed: without it, some seed breaks what must hold. */
import type { LogPlants } from '../../cluster/log/log-settings.ts';
import { runScenario } from './log/log-scenario.ts';
import { assert, suite } from '../harness.ts';

const test = suite('replicated log without one of its rules', { limitMs: 300_000 });
const MOST_SEEDS = 150;

const PLANTS: readonly (keyof LogPlants)[] = [
  'ackAlone',
  'expelWithoutCas',
  'ignoreFence',
  'promoteAnyone',
  'signWithoutCell',
  'ackBeforeSync',
  'ignoreCopy',
  'joinBehind',
  'keepTails',
];

for (const name of PLANTS) {
  test(`${name} is caught`, async () => {
    let caught = '';
    for (let seed = 1; seed <= MOST_SEEDS && caught === ''; seed += 1) {
      await runScenario(seed, { [name]: true }).catch((error: Error) => (caught = error.message));
    }
    process.stdout.write(`${name}: ${caught.slice(0, 120)}\n`);
    assert.match(caught, /^seed \d+: /);
  });
}
