/** Keys of a bucket as subjects, and back. */
import { WitanError } from '../../../contracts/errors.ts';
import { decodeToken, encodeToken } from '../link/subject-form.ts';

const MAX_KEY_LENGTH = 512;

/** Names of one bucket on the server; `nats kv` shows it under the same name. */
export interface BucketNames {
  readonly stream: string;
  /** `$KV.<bucket>.`, before each key. */
  readonly prefix: string;
}

/** Names of a bucket. @throws invalid_argument */
export function bucketNames(bucket: string): BucketNames {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(bucket)) {
    throw new WitanError('invalid_argument', 'not the name of a bucket', {
      path: 'bucket',
      expected: 'letters, digits, _ and -',
    });
  }
  return { stream: `KV_${bucket}`, prefix: `$KV.${bucket}.` };
}

/** Subject of a key. @throws invalid_argument for empty tokens */
export function keySubject({ prefix }: BucketNames, key: string): string {
  const tokens = key.split('.');
  if (key.length <= MAX_KEY_LENGTH && tokens.every((token) => token !== '')) {
    return prefix + tokens.map(encodeToken).join('.');
  }
  throw new WitanError('invalid_argument', 'not a key', {
    path: 'key',
    expected: `1 to ${MAX_KEY_LENGTH} characters; tokens between dots are not empty`,
  });
}

/** Key of a subject. */
export function subjectKey({ prefix }: BucketNames, subject: string): string {
  return subject.slice(prefix.length).split('.').map(decodeToken).join('.');
}

/** Narrowest pattern that takes in every key that starts with `keyPrefix`. */
export function prefixPattern({ prefix }: BucketNames, keyPrefix: string): string {
  // The last token may be the beginning of a longer one: only whole tokens narrow the pattern.
  const whole = keyPrefix.split('.').slice(0, -1);
  if (whole.some((token) => token === '')) return `${prefix}>`;
  return `${prefix}${[...whole.map(encodeToken), '>'].join('.')}`;
}
