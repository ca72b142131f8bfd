/** Which files are images that are read and written: told by their first bytes, without unpacking any. */
import { WitanError } from '../../../../contracts/errors.ts';

/** Forms of images that are read and written. */
export type ImageForm = 'image/png' | 'image/jpeg';

const PNG_HEAD = Buffer.from('89504e470d0a1a0a', 'hex');

/**
 * Form of a file by its first bytes.
 * @throws invalid_argument for anything but PNG and JPEG
 */
export function imageFormOf(file: Uint8Array): ImageForm {
  if (PNG_HEAD.equals(file.subarray(0, 8))) return 'image/png';
  if (file[0] === 0xff && file[1] === 0xd8 && file[2] === 0xff) return 'image/jpeg';
  const details = { path: 'base64', expected: 'a PNG or JPEG image' };
  throw new WitanError('invalid_argument', 'the bytes are neither PNG nor JPEG', details);
}
