/** The file of an n-gram model: a head of 32 bytes, a scale for each 64 buckets, one byte for each bucket. */
import { WitanError } from '../../../contracts/errors.ts';
import { BLOCK } from './model.ts';
import type { NgramParts } from './model.ts';

/** Name of the file in a model's folder. */
export const NGRAM_FILE = 'ngram.bin';

const MAGIC = 0x57_54_4e_47;
const FORMAT = 1;
const HEAD = 32;
const MOST_BITS = 22;

/** Bytes of a model; the same parts give the same bytes. Little-endian throughout. */
export function encodeNgram(parts: NgramParts): Uint8Array {
  const bytes = new Uint8Array(HEAD + 4 * parts.scales.length + parts.weights.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FORMAT, true);
  view.setUint8(6, parts.form.bits);
  view.setUint8(7, parts.form.charMin);
  view.setUint8(8, parts.form.charMax);
  view.setUint8(9, parts.form.wordMax);
  view.setFloat32(12, parts.constant, true);
  view.setFloat32(16, parts.slope, true);
  view.setFloat32(20, parts.offset, true);
  parts.scales.forEach((scale, at) => view.setFloat32(HEAD + 4 * at, scale, true));
  bytes.set(
    new Uint8Array(parts.weights.buffer, parts.weights.byteOffset, parts.weights.length),
    HEAD + 4 * parts.scales.length,
  );
  return bytes;
}

/** Parts of a model from its bytes. @throws bad_encoding */
export function decodeNgram(bytes: Uint8Array): NgramParts {
  if (bytes.length < HEAD) throw wrong('is shorter than its head');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) throw wrong('does not begin as one');
  if (view.getUint16(4, true) !== FORMAT) throw wrong(`has format ${view.getUint16(4, true)}`);
  const form = {
    bits: view.getUint8(6),
    charMin: view.getUint8(7),
    charMax: view.getUint8(8),
    wordMax: view.getUint8(9),
  };
  if (
    form.bits < 8 ||
    form.bits > MOST_BITS ||
    form.charMin < 1 ||
    form.charMax < form.charMin ||
    form.charMax > 8
  )
    throw wrong('has a form that is out of range');
  const blocks = 2 ** form.bits / BLOCK;
  const start = HEAD + 4 * blocks;
  if (bytes.length !== start + 2 ** form.bits) throw wrong(`has ${bytes.length} bytes`);
  const scales = Float32Array.from({ length: blocks }, (_, at) => view.getFloat32(HEAD + 4 * at, true));
  const numbers = [view.getFloat32(12, true), view.getFloat32(16, true), view.getFloat32(20, true)] as const;
  if (![...numbers, ...scales].every(Number.isFinite)) throw wrong('holds a number that is none');
  const weights = new Int8Array(new Uint8Array(bytes.subarray(start)).buffer);
  return { form, constant: numbers[0], slope: numbers[1], offset: numbers[2], weights, scales };
}

/** Weights in steps of a 127th of the largest of their block. */
export function quantise(weights: Float64Array): Pick<NgramParts, 'weights' | 'scales'> {
  const scales = new Float32Array(weights.length / BLOCK);
  const steps = new Int8Array(weights.length);
  for (let block = 0; block < scales.length; block += 1) {
    const from = block * BLOCK;
    let largest = 0;
    for (let at = from; at < from + BLOCK; at += 1) largest = Math.max(largest, Math.abs(weights[at]!));
    const scale = Math.fround(largest / 127);
    scales[block] = scale;
    if (scale === 0) continue;
    for (let at = from; at < from + BLOCK; at += 1)
      steps[at] = Math.max(-127, Math.min(127, Math.round(weights[at]! / scale)));
  }
  return { weights: steps, scales };
}

function wrong(what: string): WitanError {
  return new WitanError('bad_encoding', `the n-gram model ${what}`);
}
