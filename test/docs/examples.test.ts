/** Every example runs and prints what stands beside it, ids, digests and figures of time aside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, suite } from '../harness.ts';
import { runExample } from './run-example.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'examples/embedding');
const LINES_MAX_COUNT = 80;
const test = suite('examples', { limitMs: 60_000 });
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3));

test('the examples that the README names are there, each short, each with what it prints', () => {
  assert.equal(names, ['embed', 'http-client', 'nact', 'own-actor', 'stream']);
  for (const name of names) {
    const lineCount = readFileSync(join(FOLDER, `${name}.ts`), 'utf8').split('\n').length - 1;
    assert.ok(lineCount <= LINES_MAX_COUNT, `${name}.ts has ${lineCount} lines`);
  }
  const expected = readdirSync(FOLDER).filter((name) => name.endsWith('.expected.txt'));
  assert.equal(expected.sort(), names.map((name) => `${name}.expected.txt`).sort());
});

for (const name of names) {
  test(`${name}.ts prints what ${name}.expected.txt says`, async ({ signal }) => {
    const { code, out, faults } = await runExample([join(FOLDER, `${name}.ts`)], signal);
    assert.is(code, 0, faults);
    assert.is(faults, '');
    assert.fixture(normalised(out), readFileSync(join(FOLDER, `${name}.expected.txt`), 'utf8'));
  });
}

/** What differs from run to run, by name. */
function normalised(text: string): string {
  return text
    .replaceAll(/\bd[0-9a-f]{32}\b/g, '<decision>')
    .replaceAll(/\b(sha256:)?[0-9a-f]{64}\b/g, '<digest>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\b\d+(\.\d+)? ms\b/g, '<duration>');
}
