/** Holds the repository against its own rules, and each rule against a sample that breaks it. */
import { join } from 'node:path';
import { checkFile } from '../../tools/tidy/check-file.ts';
import { checkTree } from '../../tools/tidy/check-tree.ts';
import { assert, suite } from '../harness.ts';

const test = suite('tidy', { limitMs: 60_000 });
const what = (path: string, text: string): string[] => checkFile(path, text).map((finding) => finding.what);

test('the checkout is tidy', () => {
  const findings = checkTree(join(import.meta.dirname, '../..'));
  assert.equal(
    findings.map((one) => `${one.path}:${one.line} ${one.what}`),
    [],
  );
});

test('an export without docstring is found', () => {
  assert.equal(what('config/a.ts', 'export const a = 1;\n'), ['export a has no docstring']);
  assert.equal(what('config/a.ts', '/** Says what a is. */\nexport const a = 1;\n'), []);
});

test('unfinished work is found', () => {
  for (const text of ['// TO' + 'DO later', '// FIX' + 'ME', 'throw new Error("not imple' + 'mented")']) {
    assert.equal(what('runtime/a.ts', text), ['unfinished work']);
  }
});

test('time and chance that are not injected are found, in code alone', () => {
  assert.equal(what('council/a.ts', 'const a = Date.now();'), ['time or chance not injected']);
  assert.equal(what('council/a.ts', '// Date.now() is not for us'), []);
  assert.equal(what('apps/cli/a.ts', 'const a = Date.now();'), []);
});

test('a process-wide effect is found outside the CLI', () => {
  assert.equal(what('runtime/a.ts', 'process.exit(1);'), ['process-wide effect']);
  assert.equal(what('apps/cli/a.ts', 'process.exit(1);'), []);
});

test('files, lines and functions that are too long are found', () => {
  assert.equal(what('test/a.ts', 'a;\n'.repeat(801)).length, 1);
  assert.equal(what('config/a.ts', `const a = [${'1,'.repeat(80)}];`).length, 1);
  assert.equal(what('config/a.ts', `function a() {\n${'b();\n'.repeat(71)}}`).length, 1);
});

test('a machine path, an untyped value, an empty catch and a nameless file are found', () => {
  assert.equal(what('docs/a.md', 'see /wo' + 'rk/main'), ['machine path or registry host']);
  assert.equal(what('config/a.ts', 'let a: a' + 'ny;'), ['untyped']);
  assert.equal(what('config/a.ts', 'try { a(); } catch ' + '{}'), ['empty catch']);
  assert.equal(what('config/utils.ts', 'a;'), ['nameless file']);
});

test('a stray file at the top level and a crowded folder are found', () => {
  const root = join(import.meta.dirname, '../..');
  assert.is(checkTree(root, ['scratch.txt']).length, 1);
  assert.is(
    checkTree(
      root,
      Array.from({ length: 16 }, (_, at) => `config/absent-${at}.ts`),
    ).length,
    1,
  );
});
