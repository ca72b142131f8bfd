/** Replaces encoded stretches of a text by what they say, in place. */
import { CODECS } from './codecs.ts';
import type { DecodedPiece } from './codecs.ts';
import { ViewBuilder } from './view.ts';
import type { View } from './view.ts';

/** Decoding never adds units beyond this multiple of the original's length plus a constant. */
const MAX_EXPANSION = 2;
const EXPANSION_FLOOR = 4_096;

/** Reading with every encoded stretch decoded once, or undefined where nothing is encoded. Linear. */
export function decodeOnce(view: View, originalLength: number): View | undefined {
  const claimed: DecodedPiece[] = [];
  const names: string[] = [];
  for (const codec of CODECS) {
    const found = codec.find(view.text);
    if (found.length === 0) continue;
    names.push(codec.name);
    claimed.push(...found);
  }
  if (claimed.length === 0) return undefined;
  const order = new Map(claimed.map((piece, index) => [piece, index]));
  claimed.sort((a, b) => a.start - b.start || order.get(a)! - order.get(b)!);
  const limit = originalLength * MAX_EXPANSION + EXPANSION_FLOOR;
  const builder = new ViewBuilder(view.text.length);
  let at = 0;
  for (const piece of claimed) {
    if (piece.start < at || builder.length + piece.decoded.length > limit) continue;
    builder.copy(view, at, piece.start);
    const start = view.map?.starts[piece.start] ?? piece.start;
    const end = view.map?.ends[piece.end - 1] ?? piece.end;
    builder.add(piece.decoded, start, end);
    at = piece.end;
  }
  builder.copy(view, at, view.text.length);
  return builder.build(view.name === 'raw' ? names.join('+') : `${view.name}/${names.join('+')}`);
}
