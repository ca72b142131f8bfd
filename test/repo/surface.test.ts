/** The compiler's word on the whole tree, the linter's, and the checked-in public surface. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiText } from '../../tools/api-text.ts';
import { assert, suite } from '../harness.ts';

const ROOT = join(import.meta.dirname, '../..');
const test = suite('surface', { limitMs: 120_000 });

test('every file compiles under the strict settings', () => {
  const run = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.is(run.status, 0, run.stdout.slice(0, 4_000));
});

test('the linter finds nothing', () => {
  const run = spawnSync(process.execPath, ['node_modules/oxlint/bin/oxlint', '--deny-warnings'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.is(run.status, 0, run.stdout.slice(0, 4_000));
});

test('docs/api.txt is the public surface (npm run docs writes it)', () => {
  assert.is(readFileSync(join(ROOT, 'docs/api.txt'), 'utf8'), apiText());
});
