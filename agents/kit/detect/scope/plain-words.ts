/** Words that anybody uses, and the stems by which two texts are compared. */
import { isCommonWord } from '../../text/vocabulary.ts';

/** Whether a word is so ordinary that its appearance in another text says nothing. */
export function isPlainWord(word: string): boolean {
  return isCommonWord(word) || isCommonWord(stemOf(word));
}

const SHORTEST_STEM = 3;

/** English stem, coarse: endings of number and tense go. `recipes` → `recip`, `recipe` → `recip`. */
export function stemOf(word: string): string {
  let stem = word.endsWith("'s") ? word.slice(0, -2) : word;
  for (const ending of ['ies', 'ing', 'ed', 'es', 's']) {
    if (!stem.endsWith(ending) || stem.endsWith('ss') || stem.length - ending.length < SHORTEST_STEM)
      continue;
    stem = ending === 'ies' ? `${stem.slice(0, -3)}y` : stem.slice(0, -ending.length);
    break;
  }
  return stem.endsWith('e') && stem.length > SHORTEST_STEM ? stem.slice(0, -1) : stem;
}
