/** All concepts of all detectors, compiled into one trie, and the tagged readings of a text. */
import { readingsOf } from '../text/index.ts';
import { ConceptTrie } from './concept-trie.ts';
import type { Lexicon } from './concept-trie.ts';
import { INJECTION_ENGLISH } from './injection/lexicon-english.ts';
import { INJECTION_MORE } from './injection/lexicon-more.ts';
import { INJECTION_TURNS } from './injection/lexicon-turns.ts';
import { INJECTION_WORLD } from './injection/lexicon-world.ts';
import { ALIGNMENT } from './alignment/lexicon.ts';
import { SWEEPING } from './dangerous-action/lexicon.ts';
import { DISTRESS } from './distress/lexicon.ts';
import { HARM_ACTS } from './harm/lexicon-act.ts';
import { HARM_CRIMES } from './harm/lexicon-crime.ts';
import { rememberLatest } from './latest-texts.ts';
import { SCOPE } from './scope/lexicon.ts';
import type { Tagged } from './rule-set.ts';

/** Lexica in the order in which concepts are numbered. */
export const LEXICA: readonly Lexicon[] = [
  INJECTION_ENGLISH,
  INJECTION_WORLD,
  INJECTION_MORE,
  INJECTION_TURNS,
  HARM_ACTS,
  HARM_CRIMES,
  DISTRESS,
  ALIGNMENT,
  SWEEPING,
  SCOPE,
];

/** One trie for all detectors, so that a text is walked once. */
export const CATALOGUE = new ConceptTrie(LEXICA);

/** Readings of a text with their concepts. Memoised for the latest texts. */
export function taggedReadingsOf(text: string): readonly Tagged[] {
  return latest(text, 'tagged');
}

const latest = rememberLatest((text: string, _variant: 'tagged'): readonly Tagged[] =>
  readingsOf(text).map((tokens) => ({ tokens, hits: CATALOGUE.find(tokens) })),
);
