import { assert, suite } from '../../../../test/harness.ts';
import { MIGRATIONS } from './list.ts';
import { checksumOf } from './migration.ts';

const test = suite('migrations');

/** Released steps: a line is added here with each new one, and none is ever changed. */
const RELEASED = [
  [1, 'journal', '9b3c59742e56d31e9e13ff43f1736905c8a593dfde903b5ec6d077fff0636583'],
  [2, 'decision-index', '7b92f4d43df86cb2452290ee4bc932cd2e5f9d2587e704e27932ef932aa7ccc2'],
  [3, 'tenant-rows', '726f6e54b7bb8fea807ab26d9a5cc11b0ec5d1aaadb1a38d28914f620a6d5366'],
  [4, 'apply-to-index', 'be8e07dc8c1208685b4a424c0d1f52088d689cac29ef46578314a89b0ea47560'],
];

test('versions count from 1 without gaps', () => {
  assert.equal(
    MIGRATIONS.map(({ version }) => version),
    MIGRATIONS.map((_, at) => at + 1),
  );
});

test('released steps are as they were released', () => {
  assert.equal(
    MIGRATIONS.map((step) => [step.version, step.name, checksumOf(step)]),
    RELEASED,
  );
});
