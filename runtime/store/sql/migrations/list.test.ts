import { assert, suite } from '../../../../test/harness.ts';
import { MIGRATIONS } from './list.ts';
import { checksumOf } from './migration.ts';

const test = suite('migrations');

/** Released steps: a line is added here with each new one, and none is ever changed. */
const RELEASED = [
  [1, 'journal', '052db6dd6641630de0a4e685b0339180b8dbaf760da46631bde18a5adf20f5a8'],
  [2, 'decision-index', 'f22d2fd39f8b507e8a64304ea0a1958e3cae0302746a861fdf6f61b570c24330'],
  [3, 'tenant-rows', '726f6e54b7bb8fea807ab26d9a5cc11b0ec5d1aaadb1a38d28914f620a6d5366'],
  [4, 'apply-to-index', '92ce27b87f6bf0fca98de6fb1aafa13a4ca7a3e25af4486f9d5b0fafe1ef0cd6'],
  [5, 'identity', '422dbe76fc3e8179ab12db8ebdadecbcc1ff1693196fe237cd89a6cf9115602d'],
  [6, 'sign-in', '03b9fe380a34c43e2ad05bbbd7a1bf308201c29b53425df12ad8475334a6f093'],
  [7, 'audit-trail', 'e640dae3d99f1aa0bde38a41948ce48039cdc74465b66021b4c36f454dda35f3'],
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
