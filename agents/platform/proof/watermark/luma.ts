/** Pixels and their brightness. */

/** An image: four bytes a pixel, red, green, blue, alpha, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Brightness of an image, 0 to 255, row by row. */
export interface Luma {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** Brightness of pixels. @source ITU-R BT.601, as JPEG takes it */
export function lumaOf({ width, height, data }: Pixels): Luma {
  const values = new Float64Array(width * height);
  for (let at = 0; at < values.length; at += 1) {
    const from = at * 4;
    values[at] = 0.299 * data[from]! + 0.587 * data[from + 1]! + 0.114 * data[from + 2]!;
  }
  return { width, height, values };
}

/** The same picture at another size: bilinear. */
export function resized({ width, height, values }: Luma, factor: number): Luma {
  const w = Math.max(1, Math.round(width * factor));
  const h = Math.max(1, Math.round(height * factor));
  const result = new Float64Array(w * h);
  for (let y = 0; y < h; y += 1) {
    const fromY = Math.min(height - 1, Math.max(0, (y + 0.5) / factor - 0.5));
    const top = Math.floor(fromY);
    const partY = fromY - top;
    const upper = top * width;
    const lower = Math.min(height - 1, top + 1) * width;
    for (let x = 0; x < w; x += 1) {
      const fromX = Math.min(width - 1, Math.max(0, (x + 0.5) / factor - 0.5));
      const left = Math.floor(fromX);
      const right = Math.min(width - 1, left + 1);
      const part = fromX - left;
      const above = values[upper + left]! * (1 - part) + values[upper + right]! * part;
      const below = values[lower + left]! * (1 - part) + values[lower + right]! * part;
      result[y * w + x] = above * (1 - partY) + below * partY;
    }
  }
  return { width: w, height: h, values: result };
}

const REACH = 7;
const LOUDEST = 8;

/**
 * What is left of each place when the mean of its neighbourhood (15 × 15) is taken away, cut off at ±8: a
 * quiet mark stays, and no edge shouts it down.
 */
export function calmed({ width, height, values }: Luma): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += values[y * width + x]!;
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row;
    }
  }
  const calm = new Float64Array(values.length);
  for (let y = 0; y < height; y += 1) {
    const top = Math.max(0, y - REACH) * (width + 1);
    const bottom = Math.min(height, y + REACH + 1) * (width + 1);
    for (let x = 0; x < width; x += 1) {
      const left = Math.max(0, x - REACH);
      const right = Math.min(width, x + REACH + 1);
      const sum = sums[bottom + right]! - sums[bottom + left]! - sums[top + right]! + sums[top + left]!;
      const mean = sum / (((bottom - top) / (width + 1)) * (right - left));
      calm[y * width + x] = Math.min(LOUDEST, Math.max(-LOUDEST, values[y * width + x]! - mean));
    }
  }
  return calm;
}
