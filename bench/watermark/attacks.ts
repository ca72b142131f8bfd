/** What befalls pictures and texts between their maker and a detector. */
import { decodeImage, encodeImage } from '../../agents/platform/proof/watermark/image-file.ts';
import { lumaOf, resized } from '../../agents/platform/proof/watermark/luma.ts';
import type { Pixels } from '../../agents/platform/proof/watermark/luma.ts';
import { seeded } from './pictures.ts';

/** One thing that befalls a picture. */
export interface ImageAttack {
  apply(pixels: Pixels, seed: number): Pixels;
  /** Whether the size changes, so that the detector has to search. */
  readonly isScaled?: boolean;
}

const LIMITS = { maxPixels: 16_777_216, minSide: 1 };
const jpeg = (quality: number): ImageAttack => ({
  apply: (pixels) => decodeImage(encodeImage(pixels, 'image/jpeg', quality), LIMITS),
});
const crop = (side: number): ImageAttack => ({
  apply: ({ width, height, data }, seed) => {
    const random = seeded(seed);
    const left = Math.floor(random() * (width - side));
    const top = Math.floor(random() * (height - side));
    const cut = new Uint8Array(side * side * 4);
    for (let y = 0; y < side; y += 1) {
      const from = ((top + y) * width + left) * 4;
      cut.set(data.subarray(from, from + side * 4), y * side * 4);
    }
    return { width: side, height: side, data: cut };
  },
});
const noise = (deviation: number): ImageAttack => ({
  apply: (pixels, seed) => {
    const random = seeded(seed);
    // Twelve uniform numbers are close to normal.
    const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6);
    const data = pixels.data.map((value, at) =>
      at % 4 === 3 ? value : Math.min(255, Math.max(0, Math.round(value + deviation * normal()))),
    );
    return { ...pixels, data };
  },
});
const scale = (factor: number): ImageAttack => ({
  isScaled: true,
  apply: (pixels) => {
    const { width, height, values } = resized(lumaOf(pixels), factor);
    const data = new Uint8Array(width * height * 4).fill(255);
    values.forEach((value, at) => data.fill(Math.round(value), at * 4, at * 4 + 3));
    return { width, height, data };
  },
});
const brighter: ImageAttack = {
  apply: (pixels) => ({
    ...pixels,
    data: pixels.data.map((value, at) =>
      at % 4 === 3 ? value : Math.min(255, Math.round(value * 1.2 + 10)),
    ),
  }),
};
const turned: ImageAttack = {
  apply: ({ width, height, data }) => {
    const flipped = new Uint8Array(data.length);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const from = (y * width + width - 1 - x) * 4;
        flipped.set(data.subarray(from, from + 4), (y * width + x) * 4);
      }
    }
    return { width, height, data: flipped };
  },
};
const both = (first: ImageAttack, second: ImageAttack): ImageAttack => ({
  apply: (pixels, seed) => second.apply(first.apply(pixels, seed), seed),
});

/** By name, mildest first. */
export const IMAGE_ATTACKS: Readonly<Record<string, ImageAttack>> = {
  nothing: { apply: (pixels) => pixels },
  'JPEG 90': jpeg(90),
  'JPEG 75': jpeg(75),
  'JPEG 50': jpeg(50),
  'JPEG 30': jpeg(30),
  'crop to 256 × 256': crop(256),
  'crop to 128 × 128': crop(128),
  'crop to 256 × 256, JPEG 75': both(crop(256), jpeg(75)),
  'noise of 5': noise(5),
  'noise of 10': noise(10),
  'brightness and contrast': brighter,
  'scale 0.5': scale(0.5),
  'scale 0.75': scale(0.75),
  'scale 1.5': scale(1.5),
  'mirror image': turned,
};

const words =
  (count: number) =>
  (text: string, seed: number): string => {
    const all = text.split(' ');
    const from = Math.floor(seeded(seed)() * Math.max(1, all.length - count));
    return all.slice(from, from + count).join(' ');
  };

/** By name. */
export const TEXT_ATTACKS: Readonly<Record<string, (text: string, seed: number) => string>> = {
  nothing: (text) => text,
  'an excerpt of 12 words': words(12),
  'an excerpt of 11 words': words(11),
  'NFC, NFD and NFKC': (text) => text.normalize('NFD').normalize('NFKC').normalize('NFC'),
  'upper case, other spaces': (text) => text.toUpperCase().replaceAll(' ', '\u00a0'),
  'every fourth word deleted': (text) =>
    text
      .split(' ')
      .filter((_, at) => at % 4 !== 3)
      .join(' '),
  'one word in ten rewritten': (text, seed) => {
    const random = seeded(seed);
    return text
      .split(' ')
      .map((word) => (random() < 0.1 ? 'other' : word))
      .join(' ');
  },
  'removal of format characters (\\p{Cf})': (text) => text.replaceAll(/\p{Cf}/gu, ''),
  'retyping (visible characters alone)': (text) => text.replaceAll(/[^\x20-\x7e]/g, ''),
};
