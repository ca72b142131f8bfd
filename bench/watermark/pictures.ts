/** Pictures made by rule: the same on every machine, from flat to lively. */
import type { Pixels } from '../../agents/platform/proof/watermark/luma.ts';

/** Numbers from a seed, uniform in [0, 1). @source mulberry32 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kinds of pictures. */
export const PICTURE_KINDS = ['clouds', 'shapes', 'texture', 'page'] as const;

/** One of {@link PICTURE_KINDS}. */
export type PictureKind = (typeof PICTURE_KINDS)[number];

/** A picture: smooth clouds, overlapping shapes with edges, fine texture, or a page of dark lines on white. */
export function picture(kind: PictureKind, seed: number, width = 512, height = 512): Pixels {
  const random = seeded(seed * 977 + PICTURE_KINDS.indexOf(kind));
  const data = new Uint8Array(width * height * 4).fill(255);
  const channels = [0, 1, 2].map(() => {
    if (kind === 'clouds') return cloud(random, { width, height }, 1.6);
    if (kind === 'texture') return cloud(random, { width, height }, 0.8);
    return undefined;
  });
  const paint = kind === 'shapes' ? shapes(random, width, height) : undefined;
  const page = kind === 'page' ? lines(random, width, height) : undefined;
  for (let at = 0; at < width * height; at += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = paint?.[at * 3 + channel] ?? page?.[at] ?? channels[channel]![at]!;
      data[at * 4 + channel] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return { width, height, data };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Noise in octaves whose size falls with `power`: 1.6 is smooth, 0.8 is rough. */
function cloud(random: () => number, { width, height }: Size, power: number): Float64Array {
  const values = new Float64Array(width * height).fill(128);
  for (let cells = 2; cells <= 128; cells *= 2) {
    const grid = Float64Array.from({ length: (cells + 2) ** 2 }, () => random() - 0.5);
    const size = 220 / (cells / 2) ** power;
    for (let y = 0; y < height; y += 1) {
      const v = (y / height) * cells;
      for (let x = 0; x < width; x += 1) {
        const u = (x / width) * cells;
        values[y * width + x]! += size * smooth(grid, cells + 2, u, v);
      }
    }
  }
  return values;
}

function smooth(grid: Float64Array, side: number, u: number, v: number): number {
  const [x, y] = [Math.floor(u), Math.floor(v)];
  const ease = (part: number): number => part * part * (3 - 2 * part);
  const [a, b] = [ease(u - x), ease(v - y)];
  const at = y * side + x;
  const top = grid[at]! * (1 - a) + grid[at + 1]! * a;
  return top * (1 - b) + (grid[at + side]! * (1 - a) + grid[at + side + 1]! * a) * b;
}

function shapes(random: () => number, width: number, height: number): Float64Array {
  const values = new Float64Array(width * height * 3).fill(40 + random() * 170);
  for (let count = 0; count < 40; count += 1) {
    const [x, y] = [random() * width, random() * height];
    const size = 20 + random() * 120;
    const colour = [random() * 255, random() * 255, random() * 255];
    const isRound = random() < 0.5;
    const slope = (random() - 0.5) * 0.4;
    for (let py = Math.max(0, Math.floor(y - size)); py < Math.min(height, y + size); py += 1) {
      for (let px = Math.max(0, Math.floor(x - size)); px < Math.min(width, x + size); px += 1) {
        if (isRound && Math.hypot(px - x, py - y) > size) continue;
        for (let channel = 0; channel < 3; channel += 1) {
          values[(py * width + px) * 3 + channel] = colour[channel]! + slope * (px - x);
        }
      }
    }
  }
  return values.map((value) => value + (random() - 0.5) * 6);
}

function lines(random: () => number, width: number, height: number): Float64Array {
  const values = new Float64Array(width * height).fill(250);
  for (let top = 20; top + 12 < height - 20; top += 20) {
    for (let x = 24; x < width - 24;) {
      const letter = 4 + Math.floor(random() * 5);
      if (random() < 0.82) {
        for (let y = 0; y < 11; y += 1) {
          for (let px = 0; px < letter - 2; px += 1) {
            if (random() < 0.62 && x + px < width) values[(top + y) * width + x + px] = 25 + random() * 30;
          }
        }
      }
      x += letter;
    }
  }
  return values;
}
