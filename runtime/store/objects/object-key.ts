/** Grammar of object keys, the same for every object store. */
import { WitanError } from '../../../contracts/errors.ts';

// UTF-8 bytes; S3's limit.
const MAX_KEY_BYTES = 1_024;

/** Refuses keys that a file system or a URL would read otherwise. @throws invalid_argument */
export function assertObjectKey(key: string): void {
  const segments = key.split('/');
  const isPlain = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const isPrintable = !/[\u0000-\u001f\u007f\\]/.test(key);
  if (isPlain && isPrintable && Buffer.byteLength(key) <= MAX_KEY_BYTES) return;
  throw new WitanError('invalid_argument', `not an object key: ${JSON.stringify(key.slice(0, 100))}`, {
    path: 'key',
    expected: `segments between single slashes, none of them . or .., at most ${MAX_KEY_BYTES} bytes`,
  });
}
