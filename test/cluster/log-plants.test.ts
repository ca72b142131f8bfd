/** Each rule of the protocol is needed: without it, some seed breaks what must hold. */
import type { LogPlants } from '../../cluster/log/log-settings.ts';
import { runScenario } from './log/log-scenario.ts';
import { assert, suite } from '../harness.ts';

const test = suite('replicated log without one of its rules', { limitMs: 300_000 });
const MOST_SEEDS = 150;

/**
 * Rules, and the seeds from which on the search for one that breaks begins. Without a look at the fence an
 * append is still refused by the copies: what it protects are reads (`log-caught-up.test.ts`).
 */
const PLANTS: Readonly<Record<Exclude<keyof LogPlants, 'ignoreFence'>, number>> = {
  ackAlone: 1,
  expelWithoutCas: 29,
  promoteAnyone: 1,
  signWithoutCell: 1,
  ackBeforeSync: 328,
  ignoreCopy: 85,
  joinBehind: 21,
  keepTails: 10,
  forgetEarlier: 2,
  trustTails: 95,
};

for (const [name, first] of Object.entries(PLANTS)) {
  test(`${name} is caught`, async () => {
    let caught = '';
    for (let seed = first; seed < first + MOST_SEEDS && caught === ''; seed += 1) {
      await runScenario(seed, { [name]: true }).catch((error: Error) => (caught = error.message));
    }
    process.stdout.write(`${name}: ${caught.slice(0, 120)}\n`);
    assert.match(caught, /^seed \d+: /);
  });
}
