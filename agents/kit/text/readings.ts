/** All readings of a text, bounded in number and length, memoised. */
import { joinParts } from './concatenation.ts';
import { decodeOnce } from './decode.ts';
import { readCipher, readLeet, readReversed } from './disguise.ts';
import { foldText } from './fold.ts';
import { joinSpaced } from './spacing.ts';
import { tokenise } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import type { View } from './view.ts';

/** Encodings inside encodings are read to this depth. */
export const DECODE_DEPTH = 2;

const CACHE_TEXTS = 64;
const CACHE_UNITS = 2_000_000;
const cache = new Map<string, readonly Tokens[]>();
let cachedUnits = 0;

/**
 * Readings of a text, each split into words; the first is the folded text itself. At most ten, of at most
 * twice the
 * text's length plus 4,096 units each; linear. Repeated calls with one text cost a look-up.
 */
export function readingsOf(text: string): readonly Tokens[] {
  const known = cache.get(text);
  if (known) return known;
  const readings = readAll(text);
  if (cache.size >= CACHE_TEXTS || cachedUnits > CACHE_UNITS) {
    cache.clear();
    cachedUnits = 0;
  }
  cache.set(text, readings);
  cachedUnits += text.length;
  return readings;
}

/** The views behind {@link readingsOf}. */
export function viewsOf(text: string): readonly View[] {
  return readingsOf(text).map((tokens) => tokens.view);
}

function readAll(text: string): Tokens[] {
  const folded = tokenise(foldText(text));
  const readings = [folded];
  const add = (view: View | undefined): void => {
    if (view) readings.push(tokenise(view));
  };
  add(joinSpaced(folded.view, folded));
  const leet = readLeet(folded.view);
  add(leet);
  if (leet && /1|\|/.test(folded.view.text)) add(readLeet(folded.view, 'l'));
  add(readCipher(folded.view, 'rot13', folded));
  const backwards = readCipher(folded.view, 'backwards', folded);
  add(backwards);
  if (backwards) add(readReversed(folded.view, folded));
  const parts = joinParts(text);
  if (parts) add(refold(parts));
  let raw: View | undefined = { name: 'raw', text, map: null };
  for (let depth = 0; depth < DECODE_DEPTH && raw; depth += 1) {
    raw = decodeOnce(raw, text.length);
    if (raw) add(refold(raw));
  }
  return readings;
}

/** Folds a view and keeps the way back to the original text. */
function refold(view: View): View {
  const folded = foldText(view.text);
  if (folded.map === null) return { name: view.name, text: folded.text, map: view.map };
  if (view.map === null) return { name: view.name, text: folded.text, map: folded.map };
  const { starts, ends } = view.map;
  return {
    name: view.name,
    text: folded.text,
    map: {
      starts: folded.map.starts.map((at) => starts[at]!),
      ends: folded.map.ends.map((at) => ends[at - 1]!),
    },
  };
}
