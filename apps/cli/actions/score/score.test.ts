import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { assert, suite } from '../../../../test/harness.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const test = suite('score', { limitMs: 60_000 });

function score(
  input: string,
  ...args: string[]
): { code: number | null; rows: Record<string, unknown>[]; err: string } {
  const run = spawnSync(
    process.execPath,
    ['--import', join(ROOT, 'tools/source-loader.mjs'), join(ROOT, 'apps/cli/main.ts'), 'score', ...args],
    { input, encoding: 'utf8', cwd: ROOT },
  );
  const lines = run.stdout.split('\n').filter((line) => line !== '');
  return {
    code: run.status,
    rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    err: run.stderr,
  };
}

test('a line in, a line out, in order, and a bad row keeps its place', () => {
  const { code, rows, err } = score(
    '{"text":"Card 4111 1111 1111 1111","label":1}\n\nnot json\n{"text":"What time is it?","label":0}\n',
    '--detector',
    'pii',
  );
  assert.is(code, 2);
  assert.equal(
    rows.map(({ i, label, decision }) => [i, label, decision]),
    [
      [0, 1, 'harm'],
      [1, undefined, undefined],
      [2, 0, 'pass'],
    ],
  );
  assert.is(rows[1]!['line'], 3);
  assert.match(err, /line 3 is not JSON/);
  const [first] = rows;
  assert.equal(Object.keys(first!), ['i', 'label', 'score', 'decision', 'confidence', 'spans', 'ms']);
});

test('an unknown detector and an unknown origin are told with what there is', () => {
  const detector = score('', '--detector', 'mood');
  assert.is(detector.code, 2);
  assert.match(detector.err, /injection, indirect-injection/);
  const origin = score('', '--detector', 'pii', '--origin', 'moon');
  assert.is(origin.code, 2);
  assert.match(origin.err, /user, system/);
});
