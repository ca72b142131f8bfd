/** What a key says of the mark's tile: which frequencies tell its place, which carry bits, with which phase. */
import { createHmac } from 'node:crypto';
import { codedLength } from './convolution.ts';

/** Side of the tile that repeats over an image, in pixels. */
export const TILE_SIDE = 128;
/** Bits that a mark carries: id and check. */
export const ID_BITS = 48;
/** Bits of the check; a wrong reading passes once in 2^16. */
export const CHECK_BITS = 16;
/** Frequencies that tell where the tile begins, and that a mark is there at all. */
export const SYNC_COUNT = 900;

const LOWEST = 5;
const HIGHEST = 42;

/** One frequency of the tile. Its mirror image carries the conjugate, so that pixels stay real. */
export interface Carrier {
  /** Place in the tile's spectrum. */
  readonly at: number;
  readonly mirror: number;
  /** Distance from the centre, in cycles a tile. */
  readonly radius: number;
  /** Cosine and sine of the keyed phase. */
  readonly cos: number;
  readonly sin: number;
  /** Coded bit that it carries; -1: it tells the place. */
  readonly bit: number;
}

const known = new Map<string, readonly Carrier[]>();
const KEPT_KEYS = 32;

/** Carriers of a key (32 bytes), the same for ever; who does not have the key finds none of them. */
export function carriersOf(key: Uint8Array): readonly Carrier[] {
  const name = Buffer.from(key).toString('hex');
  const kept = known.get(name);
  if (kept) return kept;
  const made = makeCarriers(key);
  if (known.size >= KEPT_KEYS) known.clear();
  known.set(name, made);
  return made;
}

function makeCarriers(key: Uint8Array): readonly Carrier[] {
  const places = halfPlane();
  const stream = keyedStream(key, places.length * 4);
  const shuffled = places
    .map((place, index) => ({ ...place, order: stream.readUInt16BE(index * 4), index }))
    .sort((left, right) => left.order - right.order || left.index - right.index);
  const bitCount = codedLength(ID_BITS + CHECK_BITS);
  return shuffled.map(({ at, mirror, radius, index }, order) => {
    const phase = (stream.readUInt16BE(index * 4 + 2) / 65_536) * 2 * Math.PI;
    const bit = order < SYNC_COUNT ? -1 : (order - SYNC_COUNT) % bitCount;
    return { at, mirror, radius, cos: Math.cos(phase), sin: Math.sin(phase), bit };
  });
}

function halfPlane(): { at: number; mirror: number; radius: number }[] {
  const places = [];
  for (let y = -HIGHEST; y <= HIGHEST; y += 1) {
    for (let x = 0; x <= HIGHEST; x += 1) {
      const radius = Math.hypot(x, y);
      if (radius < LOWEST || radius > HIGHEST || (x === 0 && y < 0)) continue;
      places.push({ at: place(x, y), mirror: place(-x, -y), radius });
    }
  }
  return places;
}

function place(x: number, y: number): number {
  const wrap = (value: number): number => (value + TILE_SIDE) % TILE_SIDE;
  return wrap(y) * TILE_SIDE + wrap(x);
}

function keyedStream(key: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; blocks.length * 32 < length; counter += 1) {
    blocks.push(createHmac('sha256', key).update(`witan-image-mark/1\n${counter}`).digest());
  }
  return Buffer.concat(blocks);
}
