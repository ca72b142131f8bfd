/** Which versions of nats-server a cluster may run on in production. */

/**
 * Oldest version without a published advisory that reaches a Witan cluster.
 * @source CVE-2023-47090 (< 2.9.23), CVE-2025-30215 (< 2.10.27), restore (< 2.12.6), queue deny (< 2.12.7)
 */
export const PRODUCTION_SERVER = '2.12.7';

/** Whether a version is at least another, `major.minor.patch`; what stands behind a dash does not count. */
export function isVersionAtLeast(version: string, least: string): boolean {
  const parts = (text: string): number[] =>
    text
      .split('-', 1)[0]!
      .split('.')
      .map((part) => Number.parseInt(part, 10) || 0);
  const [own, other] = [parts(version), parts(least)];
  for (let at = 0; at < 3; at++) {
    const difference = (own[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** What to tell of a server that is older than production should run on; undefined: nothing. */
export function serverWarning(version: string): string | undefined {
  if (isVersionAtLeast(version, PRODUCTION_SERVER)) return undefined;
  return `nats-server ${version} has published advisories; production needs ${PRODUCTION_SERVER} or newer`;
}
