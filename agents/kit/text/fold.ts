/**
 * Folds a text to one plain spelling: compatibility forms, case, marks, invisible characters, look-alike
 * letters.
 */
import { LATIN_BY_LOOK_ALIKE, PLAIN_BY_LETTER } from './confusables.ts';
import { ViewBuilder } from './view.ts';
import type { View } from './view.ts';

const ONLY_ASCII = /^[\x00-\x7f]*$/;
const INVISIBLE = /^[\p{Cf}\p{Variation_Selector}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]$/u;
const MARK = /^\p{M}$/u;

/**
 * Folded reading: NFKC (NFKD without marks for Latin, Greek, Cyrillic, Arabic, Hebrew), lower case, invisible
 * characters dropped, look-alike letters in mixed words made Latin. Linear; identity map for plain ASCII.
 */
export function foldText(text: string): View {
  if (ONLY_ASCII.test(text)) return { name: 'folded', text: text.toLowerCase(), map: null };
  const builder = new ViewBuilder(text.length + 8);
  let at = 0;
  while (at < text.length) {
    const end = clusterEnd(text, at);
    const folded = foldCluster(text.slice(at, end));
    if (folded.length > 0) builder.add(folded, at, end);
    at = end;
  }
  return latinise(builder.build('folded'));
}

/**
 * One code point with its combining marks and conjoining jamo, at most eight units, so that NFKC can
 * compose.
 */
function clusterEnd(text: string, at: number): number {
  const first = text.codePointAt(at)!;
  let end = at + (first > 0xffff ? 2 : 1);
  if (first < 0x80 && !(text.charCodeAt(end) > 0x2ff)) return end;
  while (end < text.length && end - at < 8) {
    const next = text.codePointAt(end)!;
    const isJamo = next >= 0x1160 && next <= 0x11ff;
    if (!isJamo && !(next >= 0x300 && MARK.test(String.fromCodePoint(next)))) break;
    if (isVariationSelector(next)) break;
    end += next > 0xffff ? 2 : 1;
  }
  return end;
}

function isVariationSelector(code: number): boolean {
  return (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef);
}

const foldCache = new Map<string, string>();
const FOLD_CACHE_SIZE = 8_192;

function foldCluster(cluster: string): string {
  const known = foldCache.get(cluster);
  if (known !== undefined) return known;
  const folded = foldOnce(cluster);
  if (foldCache.size >= FOLD_CACHE_SIZE) foldCache.clear();
  foldCache.set(cluster, folded);
  return folded;
}

function foldOnce(cluster: string): string {
  let composed = '';
  for (const letter of cluster.normalize('NFKC')) if (!INVISIBLE.test(letter)) composed += letter;
  composed = composed.toLowerCase();
  let folded = '';
  for (const letter of composed) folded += PLAIN_BY_LETTER.get(letter) ?? withoutMarks(letter);
  return folded;
}

/**
 * Marks carry no meaning for matching in these scripts; in Indic and Thai writing they are vowels and
 * stay.
 */
function withoutMarks(letter: string): string {
  const code = letter.codePointAt(0)!;
  const decomposes =
    (code >= 0xc0 && code <= 0x6ff) || (code >= 0x1e00 && code <= 0x1fff) || (code >= 0x300 && code <= 0x36f);
  if (!decomposes) return letter;
  const plain = letter
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/gu, '');
  return PLAIN_BY_LETTER.get(plain) ?? plain;
}

const LETTER_RUN = /[\p{L}\p{M}\p{N}]+/gu;
const HAS_LATIN = /[a-z]/;
const HAS_LOOK_ALIKE_SCRIPT = /[\u0370-\u058f\u13a0-\u13ff\ua4d0-\ua4ff\uab70-\uabbf]/;

/** Makes look-alike letters Latin in words that mix scripts, and in wholly look-alike words of Latin text. */
function latinise(view: View): View {
  if (!HAS_LOOK_ALIKE_SCRIPT.test(view.text)) return view;
  const { latin, other } = countScripts(view.text);
  const changed = view.text.replace(LETTER_RUN, (word) => {
    if (!HAS_LOOK_ALIKE_SCRIPT.test(word)) return word;
    const isMixed = HAS_LATIN.test(word);
    const isDisguised = latin > 2 * other && [...word].every((letter) => LATIN_BY_LOOK_ALIKE.has(letter));
    if (!isMixed && !isDisguised) return word;
    return [...word].map((letter) => LATIN_BY_LOOK_ALIKE.get(letter) ?? letter).join('');
  });
  // Every look-alike is one unit on both sides, so the map still fits; should that ever fail, keep the
  // plain view.
  return changed.length === view.text.length ? { ...view, text: changed } : view;
}

function countScripts(text: string): { latin: number; other: number } {
  let latin = 0;
  let other = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 97 && code <= 122) latin += 1;
    else if (code >= 0x370 && code <= 0x58f) other += 1;
  }
  return { latin, other };
}
