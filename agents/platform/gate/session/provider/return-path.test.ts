import { assert, suite } from '../../../../../test/harness.ts';
import { returnPath } from './return-path.ts';

const test = suite('return-path');

for (const [given, expected] of [
  [undefined, '/'],
  ['', '/'],
  ['/', '/'],
  ['/a/b?c=d&e=//f#g', '/a/b?c=d&e=//f#g'],
  ['/a/../b', '/b'],
] as const) {
  test(`${given} leads to ${expected}`, () => assert.is(returnPath(given), expected));
}

for (const given of [
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/a\\..\\..//evil.example',
  '/..//evil.example',
  '/.//evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  'evil.example',
  ' /a',
  '/ä',
  '/auth/logout',
  `/${'a'.repeat(2_000)}`,
]) {
  test(`${JSON.stringify(given).slice(0, 40)} is refused`, () => {
    assert.throws(() => returnPath(given), /no page of this node/);
  });
}
