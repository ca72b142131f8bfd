/** Who may talk to this server at all: names it answers to, origins it trusts, headers it always sends. */
import { WitanError } from '../../../contracts/errors.ts';

/** Headers of every answer; the page loads nothing from elsewhere and runs nothing inline. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** What the guard looks at. */
export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/**
 * Refuses names that are not ours (a page that rebinds its own name to 127.0.0.1) and calls made by pages of
 * other origins. @throws permission_denied
 */
export function guardRequest(request: GuardedRequest, allowedHosts: readonly string[]): void {
  guardHost(request.host, allowedHosts);
  const foreignOrigin = request.origin !== undefined && !isSameOrigin(request.origin, request.host);
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  if (foreignOrigin || (changes && request.fetchSite !== undefined && !isOwnSite(request.fetchSite))) {
    throw new WitanError('permission_denied', 'pages of other origins are not served', {
      path: 'origin',
      expected: 'the same origin, or no browser',
    });
  }
}

/** Name in a Host header, lower case, without port. @throws permission_denied for a name that is not ours */
export function guardHost(host: string | undefined, allowedHosts: readonly string[]): string {
  const name = hostName(host);
  if (name !== undefined && (LOOPBACK_NAMES.includes(name) || allowedHosts.includes(name))) return name;
  throw new WitanError('permission_denied', 'the Host header names another server', {
    path: 'host',
    expected: 'a name in http.allowedHosts, or loopback',
  });
}

const HOST = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/;

function hostName(host: string | undefined): string | undefined {
  return host === undefined ? undefined : HOST.exec(host.toLowerCase())?.[1];
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return origin.replace(/^https?:\/\//, '') === host;
}

function isOwnSite(fetchSite: string): boolean {
  return fetchSite === 'same-origin' || fetchSite === 'none';
}
