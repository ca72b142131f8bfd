/** Fourier transform of square tiles, in place. */

/** Complex numbers, row by row: `re` and `im` of `side` × `side` places. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** A tile of zeros. */
export function emptySpectrum(side: number): Spectrum {
  return { re: new Float64Array(side * side), im: new Float64Array(side * side) };
}

/** Transforms a tile whose side is a power of two. The inverse divides by the number of places. */
export function transform(tile: Spectrum, side: number, isInverse = false): void {
  const { re, im } = tile;
  const rowRe = new Float64Array(side);
  const rowIm = new Float64Array(side);
  for (let row = 0; row < side; row += 1) {
    const from = row * side;
    line(re.subarray(from, from + side), im.subarray(from, from + side), isInverse);
  }
  for (let column = 0; column < side; column += 1) {
    for (let row = 0; row < side; row += 1) {
      rowRe[row] = re[row * side + column]!;
      rowIm[row] = im[row * side + column]!;
    }
    line(rowRe, rowIm, isInverse);
    for (let row = 0; row < side; row += 1) {
      re[row * side + column] = rowRe[row]!;
      im[row * side + column] = rowIm[row]!;
    }
  }
  if (!isInverse) return;
  for (let at = 0; at < re.length; at += 1) {
    re[at]! /= re.length;
    im[at]! /= re.length;
  }
}

/** Radix 2, decimation in time. */
function line(re: Float64Array, im: Float64Array, isInverse: boolean): void {
  const count = re.length;
  for (let at = 1, turned = 0; at < count; at += 1) {
    let bit = count >> 1;
    for (; turned & bit; bit >>= 1) turned ^= bit;
    turned ^= bit;
    if (at < turned) {
      [re[at], re[turned]] = [re[turned]!, re[at]!];
      [im[at], im[turned]] = [im[turned]!, im[at]!];
    }
  }
  for (let half = 1; half < count; half *= 2) {
    const angle = ((isInverse ? 1 : -1) * Math.PI) / half;
    for (let step = 0; step < half; step += 1) {
      const cos = Math.cos(angle * step);
      const sin = Math.sin(angle * step);
      for (let low = step; low < count; low += 2 * half) {
        const high = low + half;
        const re2 = re[high]! * cos - im[high]! * sin;
        const im2 = re[high]! * sin + im[high]! * cos;
        re[high] = re[low]! - re2;
        im[high] = im[low]! - im2;
        re[low]! += re2;
        im[low]! += im2;
      }
    }
  }
}
