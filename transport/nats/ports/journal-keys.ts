/** Keys of a journal as subjects, and back. */
import { WitanError } from '../../../contracts/errors.ts';
import { decodeToken, encodeToken } from '../link/subject-form.ts';

const MAX_KEY_LENGTH = 512;

/** Names of one cluster's journal on the server. */
export interface JournalNames {
  /** Stream of events. */
  readonly stream: string;
  /** Stream of snapshots, one a key. */
  readonly snapshotStream: string;
  /** Before the tokens of a key: of its events, and of its snapshot. */
  readonly prefix: string;
  readonly snapshotPrefix: string;
}

/** Names of a cluster's journal. @throws invalid_argument */
export function journalNames(cluster: string): JournalNames {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(cluster)) {
    throw new WitanError('invalid_argument', 'not the name of a cluster', {
      path: 'cluster',
      expected: 'letters, digits, _ and -',
    });
  }
  return {
    stream: `JOURNAL_${cluster}`,
    snapshotStream: `SNAPSHOTS_${cluster}`,
    prefix: `witan-journal.${cluster}.`,
    snapshotPrefix: `witan-snapshot.${cluster}.`,
  };
}

/**
 * Tokens of a key: each part between slashes is one, so that a prefix narrows what is listed.
 * @throws invalid_argument
 */
export function journalTokens(key: string): string {
  if (key !== '' && key.length <= MAX_KEY_LENGTH) return key.split('/').map(token).join('.');
  throw new WitanError('invalid_argument', 'not a key', {
    path: 'key',
    expected: `1 to ${MAX_KEY_LENGTH} characters`,
  });
}

/** Key of a subject of events. */
export function journalKey({ prefix }: JournalNames, subject: string): string {
  return subject
    .slice(prefix.length)
    .split('.')
    .map((part) => (part === EMPTY ? '' : decodeToken(part)))
    .join('/');
}

/** Narrowest pattern of subjects that takes in every key that starts with `keyPrefix`. */
export function journalPattern({ prefix }: JournalNames, keyPrefix: string): string {
  // The last part may be the beginning of a longer one: only whole parts narrow the pattern.
  const whole = keyPrefix.split('/').slice(0, -1);
  return prefix + [...whole.map(token), '>'].join('.');
}

// A part of no characters; no encoded character is a lone `=`.
const EMPTY = '=';

function token(part: string): string {
  return part === '' ? EMPTY : encodeToken(part);
}
