/** Protection of calls that a browser makes with a cookie: the page must repeat a value that it alone can read. */
import type { IncomingHttpHeaders } from 'node:http';
import { WitanError } from '../../../contracts/errors.ts';
import { isCsrfToken, sessionTokenIn } from './session-cookies.ts';
import type { SessionCookies } from './session-cookies.ts';

/** Header of the copy. */
export const CSRF_HEADER = 'x-csrf-token';

/**
 * Refuses a call that changes something, is authenticated by cookie alone, and does not repeat the token of
 * its session. @throws permission_denied
 * @source OWASP Cross-Site Request Forgery Prevention, double-submit cookie
 */
export function checkCsrf(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  cookies: SessionCookies,
): void {
  if (headers.cookie === undefined || method === 'GET' || method === 'HEAD') return;
  const token = sessionTokenIn(headers, cookies);
  if (token === undefined || isCsrfToken(headers[CSRF_HEADER], token)) return;
  throw new WitanError('permission_denied', 'the call does not carry the token of its page', {
    path: CSRF_HEADER,
    expected: `the value of the cookie ${cookies.csrf}`,
  });
}
