/** Root and proofs of a Merkle tree of which only tiles are at hand: on a disk, or at an address. */
import { concatBytes } from '../bytes.ts';
import type { Sha256 } from '../crypto.ts';
import { emptyRoot, nodeHash, splitPoint } from './merkle.ts';
import { consistencyRanges, inclusionRanges, type LeafRange } from './proof-ranges.ts';

/** Levels of the tree that one tile spans. @source C2SP tlog-tiles */
export const TILE_HEIGHT = 8;
/** Hashes in a whole tile. */
export const TILE_WIDTH = 256;

/** Gives hash tiles: `width` hashes of 32 bytes; at level L each covers 256^L leaves. */
export type ReadTile = (level: number, index: number, width: number) => Promise<Uint8Array>;

/** See the head of the file; nothing is kept between calls. What it gives is only as true as its tiles. */
export class TileTree {
  readonly #readTile: ReadTile;
  readonly #sha256: Sha256;

  constructor(readTile: ReadTile, sha256: Sha256) {
    this.#readTile = readTile;
    this.#sha256 = sha256;
  }

  /** Root over the first `size` leaves. */
  async root(size: number): Promise<Uint8Array> {
    if (size === 0) return emptyRoot(this.#sha256);
    return (await this.#hashes([[0, size]], size))[0]!;
  }

  /** Roots of the complete subtrees that make up the tree of `size`, largest first. */
  peaks(size: number): Promise<Uint8Array[]> {
    return this.#hashes(peakRanges(size), size);
  }

  /** Audit path of a leaf in the tree of `size`, leaf side first. @throws not_found */
  inclusionProof(index: number, size: number): Promise<Uint8Array[]> {
    return this.#hashes(inclusionRanges(index, size), size);
  }

  /** Proof that the tree of `toSize` extends that of `fromSize` (≥ 1). @throws not_found */
  consistencyProof(fromSize: number, toSize: number): Promise<Uint8Array[]> {
    return this.#hashes(consistencyRanges(fromSize, toSize), toSize);
  }

  /** Each range is split into complete subtrees, each of which lies in one tile; a tile is read once. */
  async #hashes(ranges: readonly LeafRange[], size: number): Promise<Uint8Array[]> {
    const tiles = new Map<string, Promise<Uint8Array>>();
    const tileOf = ({ level, index, width }: SubtreePlace): Promise<Uint8Array> => {
      const name = `${level}/${index}`;
      const read = tiles.get(name) ?? this.#readTile(level, index, width);
      tiles.set(name, read);
      return read;
    };
    const hash = async ([begin, end]: LeafRange): Promise<Uint8Array> => {
      const place = subtreePlace(begin, end, size);
      if (place) return this.#subtree(await tileOf(place), place);
      const middle = begin + splitPoint(end - begin);
      const [left, right] = await Promise.all([hash([begin, middle]), hash([middle, end])]);
      return nodeHash(left, right, this.#sha256);
    };
    return Promise.all(ranges.map(hash));
  }

  #subtree(tile: Uint8Array, { first, count }: SubtreePlace): Uint8Array {
    let hashes = tile.slice(first * 32, (first + count) * 32);
    while (hashes.length > 32) {
      const above: Uint8Array[] = [];
      for (let at = 0; at < hashes.length; at += 64) {
        above.push(nodeHash(hashes.subarray(at, at + 32), hashes.subarray(at + 32, at + 64), this.#sha256));
      }
      hashes = concatBytes(...above) as Uint8Array<ArrayBuffer>;
    }
    return hashes;
  }
}

/** Complete subtrees that make up the tree of `size` leaves, from the left. */
export function peakRanges(size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  for (let begin = 0; begin < size;) {
    const rest = size - begin;
    const end = begin + 2 ** Math.floor(Math.log2(rest));
    ranges.push([begin, end]);
    begin = end;
  }
  return ranges;
}

/** Where the hashes below the root of a complete subtree lie. */
interface SubtreePlace {
  readonly level: number;
  readonly index: number;
  /** Hashes that the tile has in the tree of that size. */
  readonly width: number;
  readonly first: number;
  readonly count: number;
}

/** Undefined when the range is not one complete subtree. */
function subtreePlace(begin: number, end: number, size: number): SubtreePlace | undefined {
  const height = Math.log2(end - begin);
  if (!Number.isInteger(height)) return undefined;
  const level = Math.floor(height / TILE_HEIGHT);
  const span = TILE_WIDTH ** level;
  const count = (end - begin) / span;
  const index = Math.floor(begin / span / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, Math.floor(size / span) - index * TILE_WIDTH);
  return { level, index, width, first: (begin / span) % TILE_WIDTH, count };
}
