import { assert, suite } from '../../../test/harness.ts';
import { checkCsrf, cookieValue } from './csrf.ts';

const test = suite('csrf');
const passes = (method: string, headers: Record<string, string>): boolean => {
  try {
    checkCsrf(method, headers);
    return true;
  } catch {
    return false;
  }
};
const session = 'witan-session=s1; witan-csrf=t1';

test('a change by cookie needs the token of the page', () => {
  assert.is(passes('POST', { cookie: session }), false);
  assert.is(passes('POST', { cookie: session, 'x-csrf-token': 't2' }), false);
  assert.is(passes('DELETE', { cookie: session, 'x-csrf-token': 't1' }), true);
});

test('a session without the token cookie cannot be answered with an empty token', () => {
  assert.is(passes('POST', { cookie: 'witan-session=s1', 'x-csrf-token': '' }), false);
  assert.is(passes('POST', { cookie: 'witan-session=s1; witan-csrf=', 'x-csrf-token': '' }), false);
});

test('reading, other cookies and other credentials need none', () => {
  assert.is(passes('GET', { cookie: session }), true);
  assert.is(passes('POST', { cookie: 'theme=dark' }), true);
  assert.is(passes('POST', { cookie: session, authorization: 'Bearer x' }), true);
  assert.is(passes('POST', { cookie: session, 'x-api-key': 'x' }), true);
});

test('a cookie that stands twice has no value', () => {
  assert.is(cookieValue('a=1; a=2', 'a'), undefined);
  assert.is(cookieValue('aa=3;a=1', 'a'), '1');
});
