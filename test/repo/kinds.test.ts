/** Every test file is run by `npm test`: it belongs to one kind, and to no other. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { KINDS } from '../../tools/test-kinds.mjs';
import { assert, suite } from '../harness.ts';

const test = suite('kinds of tests');
const ROOT = join(import.meta.dirname, '../..');

test('each test file belongs to exactly one kind', () => {
  const files = execFileSync('git', ['ls-files', '*.test.ts'], { cwd: ROOT, encoding: 'utf8' });
  const kindsOf = (file: string): string[] =>
    Object.entries(KINDS)
      .filter(([, { places }]) => places.some((place) => file.startsWith(`${place}/`)))
      .map(([kind]) => kind);
  const astray = files
    .split('\n')
    .filter((file) => file !== '' && kindsOf(file).length !== 1)
    .map((file) => `${file}: ${kindsOf(file).join(', ') || 'no kind'}`);
  assert.equal(astray, []);
});
