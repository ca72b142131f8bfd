import { assert, suite } from '../../../test/harness.ts';
import { checkCsrf } from './csrf.ts';
import { cookieValue, csrfTokenOf, PLAIN_COOKIES, SECURE_COOKIES, setCookie } from './session-cookies.ts';

const test = suite('csrf');
const passes = (method: string, headers: Record<string, string>, cookies = PLAIN_COOKIES): boolean => {
  try {
    checkCsrf(method, headers, cookies);
    return true;
  } catch {
    return false;
  }
};
const token = csrfTokenOf('s1');
const session = `witan-session=s1; witan-csrf=${token}`;

test('a change by cookie needs the token of the page', () => {
  assert.is(passes('POST', { cookie: session }), false);
  assert.is(passes('POST', { cookie: session, 'x-csrf-token': 't2' }), false);
  assert.is(passes('DELETE', { cookie: session, 'x-csrf-token': token }), true);
});

test('a token cookie that somebody planted does not fit', () => {
  const planted = 'witan-session=s1; witan-csrf=mine';
  assert.is(passes('POST', { cookie: planted, 'x-csrf-token': 'mine' }), false);
  assert.is(passes('POST', { cookie: 'witan-session=s1', 'x-csrf-token': '' }), false);
  assert.is(passes('POST', { cookie: session, 'x-csrf-token': csrfTokenOf('s2') }), false);
});

test('reading, other cookies and other credentials need none', () => {
  assert.is(passes('GET', { cookie: session }), true);
  assert.is(passes('POST', { cookie: 'theme=dark' }), true);
  assert.is(passes('POST', { cookie: session, authorization: 'Bearer x' }), true);
  assert.is(passes('POST', { cookie: session, 'x-api-key': 'x' }), true);
});

test('over HTTPS a cookie without the host prefix is no session', () => {
  assert.is(passes('POST', { cookie: session }, SECURE_COOKIES), true);
  assert.is(passes('POST', { cookie: '__Host-witan-session=s1' }, SECURE_COOKIES), false);
});

test('a cookie that stands twice has no value', () => {
  assert.is(cookieValue('a=1; a=2', 'a'), undefined);
  assert.is(cookieValue('aa=3;a=1', 'a'), '1');
});

test('a session cookie is for this host alone and for no script', () => {
  assert.is(
    setCookie('__Host-a', 'b', { isSecure: true, lifeMs: 1_500 }),
    '__Host-a=b; Path=/; Max-Age=1; SameSite=Lax; HttpOnly; Secure',
  );
});
