import { assert, suite } from '../../../test/harness.ts';
import { guardRequest } from './guard.ts';

const test = suite('http-guard');
const ask = (request: Partial<Parameters<typeof guardRequest>[0]>, hosts: string[] = []): boolean => {
  try {
    guardRequest(
      { method: 'GET', host: '127.0.0.1:8470', origin: undefined, fetchSite: undefined, ...request },
      hosts,
    );
    return true;
  } catch {
    return false;
  }
};

for (const [host, expected] of [
  ['127.0.0.1:8470', true],
  ['LOCALHOST', true],
  ['[::1]:8470', true],
  ['evil.example:8470', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.', false],
  ['127.0.0.1:8470@evil.example', false],
  ['', false],
  [undefined, false],
] as const) {
  test(`Host ${host} is ${expected ? 'served' : 'refused'}`, () => assert.is(ask({ host }), expected));
}

test('a configured name is served', () => {
  assert.is(ask({ host: 'council.example' }, ['council.example']), true);
});

test('a page of another origin may neither read nor write', () => {
  assert.is(ask({ origin: 'https://evil.example' }), false);
  assert.is(ask({ method: 'POST', origin: 'null' }), false);
  assert.is(ask({ method: 'POST', fetchSite: 'cross-site' }), false);
  assert.is(ask({ method: 'POST', origin: 'http://127.0.0.1:8470', fetchSite: 'same-origin' }), true);
  assert.is(ask({ method: 'GET', fetchSite: 'cross-site' }), true);
});
