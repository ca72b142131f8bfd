/** Paths of tiles and entry bundles, one spelling each. @source C2SP tlog-tiles (Merkle Tree, Log entries) */
import { TILE_WIDTH } from '../tree/tile-tree.ts';

/** What a path names. */
export interface TilePath {
  /** Level of the hashes, from 0 (leaves); `entries` for a bundle of entries. */
  readonly level: number | 'entries';
  /** Place of the tile in its level. */
  readonly index: number;
  /** Hashes or entries in it, 1 to 256; below 256 it is partial. */
  readonly width: number;
}

const PATH = /^(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*)([0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;
const MAX_LEVEL = 63;
const MAX_INDEX_GROUPS = 6;

/** Path below `tile/`, as `0/x001/x234/067.p/12`. */
export function encodeTilePath({ level, index, width }: TilePath): string {
  let path = group(index % 1_000);
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    path = `x${group(rest % 1_000)}/${path}`;
  }
  return `${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** What a path below `tile/` names; undefined for every other spelling. */
export function parseTilePath(path: string): TilePath | undefined {
  const found = PATH.exec(path);
  if (!found) return undefined;
  const [, levelText, leading, last, widthText] = found;
  const groups = leading!.split('/').filter((text) => text !== '');
  // A leading group of zeros would be a second name of the same tile.
  if (groups.length > MAX_INDEX_GROUPS - 1 || groups[0] === 'x000') return undefined;
  const index = Number(groups.map((text) => text.slice(1)).join('') + last!);
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  const isKnown = Number.isSafeInteger(index) && (level === 'entries' || level <= MAX_LEVEL);
  const isPartial = widthText === undefined || width < TILE_WIDTH;
  return isKnown && isPartial ? { level, index, width } : undefined;
}

/** Tiles of a level that a tree of `size` leaves has: whole ones, and the width of the partial one (or 0). */
export function tilesOf(size: number, level: number): { readonly wholeCount: number; readonly rest: number } {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return { wholeCount: Math.floor(hashes / TILE_WIDTH), rest: hashes % TILE_WIDTH };
}

function group(value: number): string {
  return String(value).padStart(3, '0');
}
