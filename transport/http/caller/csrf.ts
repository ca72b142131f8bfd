/** Protection of calls that a browser makes with a cookie: the page must repeat a value that it alone can read. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { WitanError } from '../../../contracts/errors.ts';

/** Cookie that holds a session; a browser sends it by itself, so it alone proves no intent. */
export const SESSION_COOKIE = 'witan-session';

/** Cookie whose value the page copies into {@link CSRF_HEADER}; it must be readable by the page. */
export const CSRF_COOKIE = 'witan-csrf';

/** Header of the copy. */
export const CSRF_HEADER = 'x-csrf-token';

/**
 * Refuses a call that changes something, is authenticated by cookie alone, and does not repeat the value of
 * the CSRF cookie. @throws permission_denied
 * @source OWASP Cross-Site Request Forgery Prevention, double-submit cookie
 */
export function checkCsrf(method: string | undefined, headers: IncomingHttpHeaders): void {
  const { cookie } = headers;
  if (cookie === undefined || method === 'GET' || method === 'HEAD') return;
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) return;
  if (cookieValue(cookie, SESSION_COOKIE) === undefined) return;
  const expected = cookieValue(cookie, CSRF_COOKIE);
  const given = headers[CSRF_HEADER];
  if (expected !== undefined && typeof given === 'string' && isSame(expected, given)) return;
  throw new WitanError('permission_denied', 'the call does not carry the token of its page', {
    path: CSRF_HEADER,
    expected: `the value of the cookie ${CSRF_COOKIE}`,
  });
}

/** Value of one cookie of a Cookie header; undefined when it is absent, empty or given twice. */
export function cookieValue(header: string, name: string): string | undefined {
  const values = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return values.length === 1 && values[0] !== '' ? values[0] : undefined;
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
