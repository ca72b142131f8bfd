/** Invisible mark in the brightness of an image: a keyed tile, repeated; found again after crops and re-coding. */
import { createHmac } from 'node:crypto';
import { fromHex, toHex } from '../../../../contracts/ledger/bytes.ts';
import { decodeBits, encodeBits } from './convolution.ts';
import { emptySpectrum, transform } from './fourier.ts';
import type { Spectrum } from './fourier.ts';
import { carriersOf, CHECK_BITS, ID_BITS, SYNC_COUNT, TILE_SIDE } from './keyed-pattern.ts';
import type { Carrier } from './keyed-pattern.ts';
import { calmed, lumaOf, resized } from './luma.ts';
import type { Luma, Pixels } from './luma.ts';

/** Numbers of the image mark. */
export const IMAGE_MARK = {
  /** Root mean square of the change, in steps of brightness, before local weighting: the most tried. */
  strength: 4,
  /** Lowest ratio to the original that a mark may have, dB. */
  leastPsnrDb: 42,
  /** Standard deviations above chance from which a mark counts as found. */
  threshold: 7.5,
  /** Factors by which an image may have been scaled, besides 1: from, to, step as a ratio. */
  scales: { from: 0.5, to: 2, step: 1.008 },
  /** Strength at which the search for the factor ends early. */
  clear: 12,
} as const;

/** Image sides between which a mark is put and looked for, in pixels. */
export const IMAGE_SIDES = { least: 256, searchWindow: 512 } as const;

/** What was found in an image. */
export interface ImageMark {
  /** Null: a mark of the key is there, but its id cannot be read. */
  readonly markId: string | null;
  /** Standard deviations of the best place above chance. */
  readonly strength: number;
  /** Factor by which the image was scaled since it was marked. */
  readonly scale: number;
}

/** Marked pixels and how much they differ. */
export interface MarkedImage {
  readonly pixels: Pixels;
  readonly psnrDb: number;
}

/**
 * Puts a mark into an image: the tile is weighted by how lively the neighbourhood is, and weakened until the
 * ratio to the original is at least {@link IMAGE_MARK.leastPsnrDb}. Alpha stays as it is.
 * @param markId 12 hex digits
 * @param key 32 bytes
 */
export function markImage(pixels: Pixels, markId: string, key: Uint8Array): MarkedImage {
  const tile = tileOf(markId, key);
  const weights = livelinessOf(lumaOf(pixels));
  for (let strength: number = IMAGE_MARK.strength; ; strength *= 0.93) {
    const marked = added(pixels, { tile, weights, strength });
    const psnrDb = psnrOf(pixels, marked);
    if (psnrDb >= IMAGE_MARK.leastPsnrDb) return { pixels: marked, psnrDb };
  }
}

/**
 * Looks for the mark of one key: at the size as it is, then, with `atAnyScale`, at every factor.
 * Undefined: none was found.
 */
export function readImageMark(
  pixels: Pixels,
  key: Uint8Array,
  { atAnyScale = true }: { readonly atAnyScale?: boolean } = {},
): ImageMark | undefined {
  const luma = lumaOf(pixels);
  const found = look(luma, key, 1);
  if (found.strength >= IMAGE_MARK.threshold || !atAnyScale) return orNone(found, key);
  const window = centreOf(luma, IMAGE_SIDES.searchWindow);
  let best = found;
  for (const scale of searchedScales()) {
    const other = look(resized(window, 1 / scale), key, scale);
    if (other.strength > best.strength) best = other;
    if (best.strength >= IMAGE_MARK.clear) break;
  }
  return best.strength < IMAGE_MARK.threshold ? undefined : orNone(refined(luma, key, best), key);
}

/** The same mark, read from the whole image and at the factors around the one that the search stopped at. */
function refined(luma: Luma, key: Uint8Array, found: Finding): Finding {
  let best = found;
  for (const nudge of [1, 0.992, 0.996, 1.004, 1.008]) {
    const scale = found.scale * nudge;
    const other = look(resized(luma, 1 / scale), key, scale);
    if (other.strength > best.strength) best = other;
  }
  return best;
}

/** Factors that the search looks at, nearest to 1 first. */
export function searchedScales(): number[] {
  const { from, to, step } = IMAGE_MARK.scales;
  const scales: number[] = [];
  for (let scale: number = step; scale <= to; scale *= step) scales.push(scale);
  for (let scale = 1 / step; scale >= from; scale /= step) scales.push(scale);
  return scales.sort((left, right) => Math.abs(Math.log(left)) - Math.abs(Math.log(right)));
}

/**
 * Highest probability that an unmarked image passes the threshold: every place of the tile and every factor
 * is one trial of a normal variable.
 */
export function imageFalsePositiveRate(threshold: number = IMAGE_MARK.threshold): number {
  // The five factors of the last step are looked at only after one has passed.
  const trials = TILE_SIDE * TILE_SIDE * (searchedScales().length + 1);
  // Upper bound of the tail of the normal distribution (Mills): φ(z) / z.
  const tail = Math.exp((-threshold * threshold) / 2) / (threshold * Math.sqrt(2 * Math.PI));
  return Math.min(1, trials * tail);
}

interface Finding extends ImageMark {
  readonly soft: readonly number[];
}

function orNone({ soft, strength, scale }: Finding, key: Uint8Array): ImageMark | undefined {
  if (strength < IMAGE_MARK.threshold) return undefined;
  const bits = decodeBits(soft);
  const id = bytesOf(bits.slice(0, ID_BITS));
  const isRight = checkBits(id, key).every((bit, at) => bit === bits[ID_BITS + at]);
  return { markId: isRight ? toHex(id) : null, strength, scale };
}

/** Best place of the tile in an image, and what its bits look like there. */
function look(luma: Luma, key: Uint8Array, scale: number): Finding {
  const carriers = carriersOf(key);
  const spectrum = foldedPhases(luma);
  const sync = emptySpectrum(TILE_SIDE);
  for (const carrier of carriers) {
    if (carrier.bit >= 0) continue;
    const { at, mirror, cos, sin } = carrier;
    // Times the conjugate of the keyed phase: a tile that lies at (x, y) leaves e^(-2πi(ux + vy)).
    sync.re[at] = spectrum.re[at]! * cos + spectrum.im[at]! * sin;
    sync.im[at] = spectrum.im[at]! * cos - spectrum.re[at]! * sin;
    sync.re[mirror] = sync.re[at]!;
    sync.im[mirror] = -sync.im[at]!;
  }
  transform(sync, TILE_SIDE, true);
  let peak = 0;
  for (let at = 1; at < sync.re.length; at += 1) if (sync.re[at]! > sync.re[peak]!) peak = at;
  // The inverse divides by the places and holds each carrier twice; a random phase has variance 1/2.
  const sum = (sync.re[peak]! * sync.re.length) / 2;
  const strength = sum / Math.sqrt(SYNC_COUNT / 2);
  return { markId: null, strength, scale, soft: softBits(carriers, spectrum, peak) };
}

function softBits(carriers: readonly Carrier[], spectrum: Spectrum, peak: number): number[] {
  const soft: number[] = [];
  const shiftX = peak % TILE_SIDE;
  const shiftY = Math.floor(peak / TILE_SIDE);
  for (const { at, bit, cos, sin } of carriers) {
    if (bit < 0) continue;
    const u = at % TILE_SIDE;
    const v = Math.floor(at / TILE_SIDE);
    const turn = (2 * Math.PI * (u * shiftX + v * shiftY)) / TILE_SIDE;
    const re = spectrum.re[at]! * cos + spectrum.im[at]! * sin;
    const im = spectrum.im[at]! * cos - spectrum.re[at]! * sin;
    soft[bit] = (soft[bit] ?? 0) + re * Math.cos(turn) - im * Math.sin(turn);
  }
  return soft;
}

/** Mean of all tiles of an image, and of each frequency its phase alone: loud places count no more. */
function foldedPhases({ width, height, values }: Luma): Spectrum {
  const folded = emptySpectrum(TILE_SIDE);
  const counts = new Float64Array(TILE_SIDE * TILE_SIDE);
  const calm = calmed({ width, height, values });
  for (let y = 0; y < height; y += 1) {
    const row = (y % TILE_SIDE) * TILE_SIDE;
    for (let x = 0; x < width; x += 1) {
      const at = row + (x % TILE_SIDE);
      folded.re[at]! += calm[y * width + x]!;
      counts[at]! += 1;
    }
  }
  for (let at = 0; at < counts.length; at += 1) if (counts[at]! > 0) folded.re[at]! /= counts[at]!;
  transform(folded, TILE_SIDE);
  for (let at = 0; at < folded.re.length; at += 1) {
    const size = Math.hypot(folded.re[at]!, folded.im[at]!);
    if (size < 1e-9) continue;
    folded.re[at]! /= size;
    folded.im[at]! /= size;
  }
  return folded;
}

/** The tile of a mark, with a root mean square of 1. */
function tileOf(markId: string, key: Uint8Array): Float64Array {
  const id = fromHex(markId);
  const coded = encodeBits([...bitsOf(id), ...checkBits(id, key)]);
  const tile = emptySpectrum(TILE_SIDE);
  for (const { at, mirror, radius, cos, sin, bit } of carriersOf(key)) {
    const sign = bit < 0 || coded[bit] === 0 ? 1 : -1;
    // Images are loud at low frequencies and hide more there, and re-coding keeps them longer.
    const size = (bit < 0 ? 1.25 : 1) / radius ** 0.7;
    tile.re[at] = sign * size * cos;
    tile.im[at] = sign * size * sin;
    tile.re[mirror] = tile.re[at]!;
    tile.im[mirror] = -tile.im[at]!;
  }
  transform(tile, TILE_SIDE, true);
  const rms = Math.sqrt(tile.re.reduce((sum, value) => sum + value * value, 0) / tile.re.length);
  return tile.re.map((value) => value / rms);
}

interface Addition {
  readonly tile: Float64Array;
  readonly weights: Float64Array;
  readonly strength: number;
}

function added({ width, height, data }: Pixels, { tile, weights, strength }: Addition): Pixels {
  const marked = new Uint8Array(data);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      const change = strength * weights[at]! * tile[(y % TILE_SIDE) * TILE_SIDE + (x % TILE_SIDE)]!;
      for (let channel = 0; channel < 3; channel += 1) {
        const value = Math.round(data[at * 4 + channel]! + change);
        marked[at * 4 + channel] = Math.min(255, Math.max(0, value));
      }
    }
  }
  return { width, height, data: marked };
}

/** Weight of each place: 0.6 where the neighbourhood is flat, 1.6 where it is lively. */
function livelinessOf({ width, height, values }: Luma): Float64Array {
  const weights = new Float64Array(values.length);
  for (let y = 0; y < height; y += 1) {
    const up = Math.max(0, y - 2) * width;
    const down = Math.min(height - 1, y + 2) * width;
    for (let x = 0; x < width; x += 1) {
      const left = values[y * width + Math.max(0, x - 2)]!;
      const right = values[y * width + Math.min(width - 1, x + 2)]!;
      const slope = Math.abs(right - left) + Math.abs(values[down + x]! - values[up + x]!);
      weights[y * width + x] = 0.6 + Math.min(1, slope / 40);
    }
  }
  return weights;
}

/** Over red, green and blue, in dB; infinite for equal images. */
function psnrOf(original: Pixels, marked: Pixels): number {
  let sum = 0;
  for (let at = 0; at < original.data.length; at += 1) {
    if (at % 4 !== 3) sum += (original.data[at]! - marked.data[at]!) ** 2;
  }
  return 10 * Math.log10((255 * 255 * 3 * original.width * original.height) / sum);
}

function checkBits(id: Uint8Array, key: Uint8Array): number[] {
  const mac = createHmac('sha256', key).update('witan-image-check/1\n').update(id).digest();
  return bitsOf(mac.subarray(0, CHECK_BITS / 8));
}

function bitsOf(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> (7 - at)) & 1));
}

function bytesOf(bits: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: bits.length / 8 }, (_, at) =>
    bits.slice(at * 8, at * 8 + 8).reduce((byte, bit) => byte * 2 + bit, 0),
  );
}

function centreOf({ width, height, values }: Luma, side: number): Luma {
  if (width <= side && height <= side) return { width, height, values };
  const [w, h] = [Math.min(width, side), Math.min(height, side)];
  const [left, top] = [(width - w) >> 1, (height - h) >> 1];
  const cut = new Float64Array(w * h);
  for (let y = 0; y < h; y += 1) {
    cut.set(values.subarray((top + y) * width + left, (top + y) * width + left + w), y * w);
  }
  return { width: w, height: h, values: cut };
}
