/** Keys of persons, a calendar year each: they go when nothing of that year is kept any more. */
import type { SubjectScope } from '../../kernel/ports/crypto/subject-keys.ts';

/** Purpose of the keys of persons in decisions and events; each year has one of its own. */
const RECORD_PURPOSE = 'decision';

/** Scopes of persons for what is recorded at a time, each person once. */
export function personScopes(
  tenant: string,
  subjects: readonly string[],
  wallMs: number,
): { readonly keyPeriod: string; readonly scopes: readonly SubjectScope[] } {
  const keyPeriod = String(new Date(wallMs).getUTCFullYear());
  const purpose = `${RECORD_PURPOSE}/${keyPeriod}`;
  return { keyPeriod, scopes: [...new Set(subjects)].map((subject) => ({ tenant, subject, purpose })) };
}
