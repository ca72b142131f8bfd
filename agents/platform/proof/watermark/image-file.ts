/** PNG and JPEG files to pixels and back, bounded before a pixel is unpacked. */
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { WitanError } from '../../../../contracts/errors.ts';
import { imageFormOf } from './image-form.ts';
import type { ImageForm } from './image-form.ts';
import type { Pixels } from './luma.ts';

/** Bounds of an image. */
export interface ImageLimits {
  /** Pixels in all. */
  readonly maxPixels: number;
  /** Length of the shorter side from which an image is taken. */
  readonly minSide: number;
}

/** Quality of the JPEG files that are written. */
export const JPEG_QUALITY = 95;

const MEMORY_MIB = 256;

/**
 * Pixels of a file. Width and height are read from its head and bounded before anything is unpacked; a PNG
 * unpacks into exactly the bytes that its head announces, so a decompression bomb ends there.
 * @throws invalid_argument for a damaged or unsupported file, too_large
 */
export function decodeImage(file: Uint8Array, limits: ImageLimits): Pixels {
  const form = imageFormOf(file);
  const { width, height } = form === 'image/png' ? pngSize(file) : jpegSize(file);
  bound(width, height, limits);
  try {
    const image =
      form === 'image/png'
        ? PNG.sync.read(Buffer.from(file))
        : jpeg.decode(file, {
            useTArray: true,
            formatAsRGBA: true,
            tolerantDecoding: false,
            maxResolutionInMP: limits.maxPixels / 1e6,
            maxMemoryUsageInMB: MEMORY_MIB,
          });
    if (image.width !== width || image.height !== height) throw new RangeError('another size than announced');
    return { width, height, data: new Uint8Array(image.data) };
  } catch (cause) {
    throw refused(
      `the image cannot be read: ${(cause as Error).message.slice(0, 120)}`,
      'a whole image',
      cause,
    );
  }
}

/** File of pixels. A JPEG has no alpha. */
export function encodeImage(
  { width, height, data }: Pixels,
  form: ImageForm,
  quality = JPEG_QUALITY,
): Uint8Array {
  if (form === 'image/jpeg') {
    return new Uint8Array(jpeg.encode({ width, height, data: Buffer.from(data) }, quality).data);
  }
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  return new Uint8Array(PNG.sync.write(png));
}

/** Size in a PNG's head; refuses what would unpack without a bound, or twice. */
function pngSize(file: Uint8Array): { width: number; height: number } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') {
    throw refused('the image has no head', 'a whole PNG');
  }
  if (bytes[28] !== 0) throw refused('the PNG is interlaced', 'a PNG without interlacing');
  for (let at = 33; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    // A second head would be read after the first one was bounded.
    if (bytes.toString('latin1', at + 4, at + 8) === 'IHDR') throw refused('a second head', 'one head');
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Size in the first frame header (SOF) of a JPEG. */
function jpegSize(file: Uint8Array): { width: number; height: number } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  throw refused('the image has no frame', 'a whole JPEG');
}

function bound(width: number, height: number, { maxPixels, minSide }: ImageLimits): void {
  if (width * height > maxPixels) {
    const expected = `at most ${maxPixels} pixels`;
    throw new WitanError('too_large', `the image has ${width} × ${height} pixels`, {
      path: 'base64',
      expected,
    });
  }
  if (Math.min(width, height) < minSide) {
    throw refused(`the image has ${width} × ${height} pixels`, `at least ${minSide} pixels on each side`);
  }
}

function refused(message: string, expected: string, cause?: unknown): WitanError {
  return new WitanError('invalid_argument', message, { path: 'base64', expected }, cause);
}
