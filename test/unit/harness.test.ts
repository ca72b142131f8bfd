/** The harness itself: what must fail fails, in files of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, suite } from '../harness.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('harness', { limitMs: 30_000 });
const ROOT = join(import.meta.dirname, '../..');
const HARNESS = join(ROOT, 'test/harness.ts');

/** Last line that a run of one file with this body prints. */
function run(body: string): string {
  const folder = mkdtempSync(join(ROOT, 'test/unit/.run-'));
  const file = join(folder, 'sample.test.ts');
  writeFileSync(file, `import { suite, assert } from ${JSON.stringify(HARNESS)};\n${body}\n`);
  try {
    const env = { ...process.env, WITAN_TEST_REPORT: '' };
    const args = [...SOURCE_FLAGS, join(ROOT, 'test/run.ts'), file];
    return spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .at(-1)!;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const CASES: [string, string, string][] = [
  [
    'a suite runs without run()',
    `suite('a')('passes', () => assert.is(1, 1));`,
    '1 passed, 0 failed, 0 skipped',
  ],
  ['a false assertion fails', `suite('a')('fails', () => assert.is(1, 2));`, '0 passed, 1 failed, 0 skipped'],
  [
    'a test that hangs fails',
    `suite('a', { limitMs: 50 })('hangs', () => new Promise(() => {}));`,
    '0 passed, 1 failed, 0 skipped',
  ],
  ['a file without tests fails', `suite('a');`, '0 passed, 1 failed, 0 skipped'],
  ['an import error fails', `await import('./absent.ts');`, '0 passed, 1 failed, 0 skipped'],
  [
    'a file that ends the process fails',
    `suite('a')('exits', () => process.exit(0));`,
    '0 passed, 1 failed, 0 skipped',
  ],
  [
    'an error with structured details fails its own test alone',
    `const test = suite('a');
     test('fails', () => { throw Object.assign(new Error('x'), { details: { at: 1 } }); });
     test('passes', () => {});`,
    '1 passed, 1 failed, 0 skipped',
  ],
  [
    'a hook that throws fails its tests',
    `const test = suite('a'); test.before(() => { throw new Error('x'); }); test('never', () => {});`,
    '0 passed, 1 failed, 0 skipped',
  ],
  [
    'a skip is counted',
    `const test = suite('a'); test('passes', () => {}); test.skip('not here', 'no reason to');`,
    '1 passed, 0 failed, 1 skipped',
  ],
];

for (const [name, body, last] of CASES) test(name, () => assert.is(run(body), last));
