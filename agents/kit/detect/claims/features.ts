/** What a sentence says, as far as it can be compared: content stems, numbers, names, negations. */

/** Comparable parts of a text. */
export interface ClaimFeatures {
  /** Stems of content words. */
  readonly words: ReadonlySet<string>;
  /** Numbers in one form (`1200`, `0.05`), digits and words alike. */
  readonly numbers: ReadonlySet<string>;
  /** Stems of capitalised words that do not begin a sentence. */
  readonly names: ReadonlySet<string>;
  readonly negations: number;
}

const STOP = new Set(
  ('a an the and or but if of in on at to for from by with as is are was were be been being am do does did has have had ' +
    'it its this that these those there here i you he she we they me him her us them my your his our their who whom ' +
    'which what when where why how so than then too very can could will would shall should may might must not no nor ' +
    'also just about into over under up down out off only own same such both each few more most other some any all ' +
    'yes well oh know think like really actually quite one').split(' '),
);
const NUMBER_WORDS: Readonly<Record<string, string>> = {
  two: '2', three: '3', four: '4', five: '5', six: '6', seven: '7', eight: '8', nine: '9', ten: '10', eleven: '11',
  twelve: '12', twenty: '20', thirty: '30', forty: '40', fifty: '50', hundred: '100', thousand: '1000',
  million: '1000000', billion: '1000000000', dozen: '12', half: '0.5', second: '2', third: '3', fourth: '4',
};
const TOKEN = /[\p{L}][\p{L}'’]*|\d[\d.,]*\d|\d/gu;
const NEGATION = /^(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|hardly|\p{L}+n['’]t)$/u;
const LIMIT = 20_000;

/** Parts of a text, at most its first 20,000 code units. */
export function claimFeatures(text: string): ClaimFeatures {
  const words = new Set<string>();
  const numbers = new Set<string>();
  const names = new Set<string>();
  let negations = 0;
  let end = 0;
  const read = text.slice(0, LIMIT);
  for (const match of read.matchAll(TOKEN)) {
    const [token] = match;
    const opens = end === 0 || /[.!?:\n"“”]/.test(read.slice(end, match.index));
    end = match.index + token.length;
    const lower = token.toLowerCase().replaceAll('’', "'");
    if (/^\d/.test(token)) numbers.add(plainNumber(token));
    else if (NEGATION.test(lower)) negations += 1;
    else if (NUMBER_WORDS[lower]) numbers.add(NUMBER_WORDS[lower]);
    else if (!STOP.has(lower)) {
      const stem = stemOf(lower);
      words.add(stem);
      if (!opens && /^\p{Lu}/u.test(token)) names.add(stem);
    }
  }
  return { words, numbers, names, negations };
}

/** A word without its commonest endings: enough to match `crayons` with `crayon`, `cheering` with `cheer`. */
export function stemOf(word: string): string {
  let stem = word.replace(/['’]s?$/, '');
  for (const [ending, by] of [['ies', 'y'], ['ing', ''], ['edly', ''], ['ed', ''], ['es', ''], ['s', ''], ['ly', '']] as const) {
    if (stem.length - ending.length >= 3 && stem.endsWith(ending)) {
      stem = stem.slice(0, stem.length - ending.length) + by;
      break;
    }
  }
  return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}

function plainNumber(token: string): string {
  const plain = token.replaceAll(/,(?=\d{3}(?:\D|$))/g, '');
  const value = Number(plain);
  return Number.isFinite(value) ? String(value) : plain;
}
