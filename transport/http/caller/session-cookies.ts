/** Cookies of people who sign in: their names, attributes and what they are read for. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Names of the cookies of one door. */
export interface SessionCookies {
  /** Whether browsers reach the door over HTTPS alone. */
  readonly isSecure: boolean;
  /** Secret of a session; no script reads it. */
  readonly session: string;
  /** What the page repeats in a header with each call that changes something. */
  readonly csrf: string;
  /** Sealed state of a sign-in at a provider that is under way. */
  readonly flow: string;
}

/** Names for HTTPS: `__Host-` keeps pages of neighbouring names from setting them (RFC 6265bis §4.1.3.2). */
export const SECURE_COOKIES: SessionCookies = {
  isSecure: true,
  session: '__Host-witan-session',
  csrf: '__Host-witan-csrf',
  flow: '__Host-witan-flow',
};

/** Names for plain HTTP on this machine, where browsers take no `__Host-` cookie. */
export const PLAIN_COOKIES: SessionCookies = {
  isSecure: false,
  session: 'witan-session',
  csrf: 'witan-csrf',
  flow: 'witan-flow',
};

/** One `Set-Cookie` header; `lifeMs` 0 takes the cookie away. */
export function setCookie(
  name: string,
  value: string,
  { isSecure, isReadable = false, lifeMs }: { isSecure: boolean; isReadable?: boolean; lifeMs: number },
): string {
  const parts = [`${name}=${value}`, 'Path=/', `Max-Age=${Math.floor(lifeMs / 1_000)}`, 'SameSite=Lax'];
  if (!isReadable) parts.push('HttpOnly');
  if (isSecure) parts.push('Secure');
  return parts.join('; ');
}

/**
 * What a page must repeat with calls of a session. It is bound to the session, so that a cookie that somebody
 * planted does not fit, and of no use to find it.
 * @source OWASP Cross-Site Request Forgery Prevention, signed double-submit cookie
 */
export function csrfTokenOf(sessionToken: string): string {
  return hash('sha256', `witan-csrf ${sessionToken}`, 'base64url');
}

/** Whether a header repeats the token of a session, in constant time. */
export function isCsrfToken(given: unknown, sessionToken: string): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(csrfTokenOf(sessionToken))];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Secret of the session that a request shows; a key or token beside it is what counts. */
export function sessionTokenIn(
  headers: IncomingHttpHeaders,
  { session }: SessionCookies,
): string | undefined {
  const { cookie, authorization } = headers;
  if (cookie === undefined || authorization !== undefined || headers['x-api-key'] !== undefined)
    return undefined;
  return cookieValue(cookie, session);
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

/** Cookies of a door; behind a proxy that ends TLS the browser's side counts. */
export function cookiesFor(isTls: boolean, publicOrigin: string | undefined): SessionCookies {
  return isTls || publicOrigin?.startsWith('https:') ? SECURE_COOKIES : PLAIN_COOKIES;
}
