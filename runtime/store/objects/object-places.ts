/** Where an object of a key lies below a folder: readable, and never outside of it. */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { assertObjectKey } from './object-key.ts';

/** Ends the name of a folder that holds versions; no encoded segment contains it. */
export const OBJECT_SUFFIX = '@';

// Bytes of a file name that any file system takes, with room for the suffix.
const MAX_SEGMENT_BYTES = 200;

/** Folder of the versions of one key. @throws invalid_argument */
export function objectFolder(root: string, key: string): string {
  assertObjectKey(key);
  return `${join(root, ...key.split('/').map(encodedSegment))}${OBJECT_SUFFIX}`;
}

/** Deepest folder that holds every key with this prefix. */
export function prefixFolder(root: string, prefix: string): string {
  const whole = prefix.split('/').slice(0, -1);
  if (whole.some((segment) => segment === '' || segment === '.' || segment === '..')) return root;
  return join(root, ...whole.map(encodedSegment));
}

/** One segment as a file name: ASCII, never `.` or `..`, never with a separator or the suffix in it. */
function encodedSegment(segment: string): string {
  const encoded = Array.from(Buffer.from(segment), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
  // A segment of dots alone is refused as a key already; what is too long goes under its digest.
  return encoded.length <= MAX_SEGMENT_BYTES ? encoded : `%%${hash('sha256', segment, 'hex')}`;
}
