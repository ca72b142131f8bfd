/**
 * What a sentence says, as far as it can be compared: content stems, pairs, numbers, names, negated words.
 */

/** Comparable parts of a text. */
export interface ClaimFeatures {
  /** Stems of content words. */
  readonly words: ReadonlySet<string>;
  /** Neighbouring stems, joined by a space. */
  readonly pairs: ReadonlySet<string>;
  /** Numbers in one form (`1200`, `0.05`), digits and words alike. */
  readonly numbers: ReadonlySet<string>;
  /** Numbers by what they count: the up to three content stems that follow a number in its clause. */
  readonly counted: ReadonlyMap<string, ReadonlySet<string>>;
  /** Stems of capitalised words that do not begin a sentence. */
  readonly names: ReadonlySet<string>;
  /** Stems that stand within three content words after a negation. */
  readonly negated: ReadonlySet<string>;
  /** Words of the speaker about themselves (`i`, `my`). */
  readonly firstPerson: number;
}

const STOP = new Set(
  (
    'a an the and or but if of in on at to for from by with as is are was were be been being am do ' +
    'does did has have had ' +
    'it its this that these those there here i you he she we they me him her us them my your his ' +
    'our their who whom ' +
    'which what when where why how so than then too very can could will would shall should may ' +
    'might must nor ' +
    'also just about into over under up down out off only own same such both each few more most ' +
    'other some any all ' +
    'yes well oh know think like really actually quite one'
  ).split(' '),
);
const NUMBER_WORDS: Readonly<Record<string, string>> = {
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  ten: '10',
  eleven: '11',
  twelve: '12',
  thirteen: '13',
  fourteen: '14',
  fifteen: '15',
  sixteen: '16',
  twenty: '20',
  thirty: '30',
  forty: '40',
  fifty: '50',
  sixty: '60',
  seventy: '70',
  eighty: '80',
  ninety: '90',
  hundred: '100',
  thousand: '1000',
  million: '1000000',
  billion: '1000000000',
  dozen: '12',
  twice: '2',
};
/** One word for what is said in several. */
const SAME: Readonly<Record<string, string>> = {
  usa: 'america',
  us: 'america',
  uk: 'britain',
  movi: 'film',
  movie: 'film',
  start: 'begin',
  began: 'begin',
  begun: 'begin',
  created: 'creat',
  mad: 'make',
  made: 'make',
  written: 'writ',
  wrote: 'writ',
  sung: 'sing',
  sang: 'sing',
  found: 'find',
  kid: 'child',
  children: 'child',
  big: 'larg',
  huge: 'larg',
  mom: 'mother',
  dad: 'father',
  percent: 'percentag',
};
const TOKEN = /[\p{L}][\p{L}'’]*|\d[\d.,]*\d|\d|[.!?;:,\n]/gu;
const NEGATION =
  /^(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|hardly|lacks?|\p{L}+n['’]t)$/u;
const REACH = 3;
// Content words after a number that it counts (`11 reportable incidents`).
const COUNTED_REACH = 3;
/** Longest text that is read, UTF-16 code units. */
const LIMIT = 20_000;

/** Parts of a text, at most its first 20,000 code units. */
export function claimFeatures(text: string): ClaimFeatures {
  const words = new Set<string>();
  const pairs = new Set<string>();
  const numbers = new Set<string>();
  const names = new Set<string>();
  const negated = new Set<string>();
  let firstPerson = 0;
  const counted = new Map<string, Set<string>>();
  let reach = 0;
  let counting: { number: string; left: number } | undefined;
  let opens = true;
  let before = '';
  for (const [token] of text.slice(0, LIMIT).matchAll(TOKEN)) {
    if (/^[.!?;:,\n]/.test(token)) {
      if (token !== ',') opens = true;
      reach = 0;
      counting = undefined;
      continue;
    }
    const lower = token.toLowerCase().replaceAll('’', "'");
    const number = /^\d/.test(token) ? plainNumber(token) : NUMBER_WORDS[lower];
    if (/^(?:i|i'm|i've|i'd|my|me|mine|we|our)$/.test(lower)) firstPerson += 1;
    if (number !== undefined) {
      numbers.add(number);
      counting = isYear(number) ? undefined : { number, left: COUNTED_REACH };
    } else if (NEGATION.test(lower)) reach = REACH;
    else if (!STOP.has(lower)) {
      const stem = stemOf(lower);
      words.add(stem);
      if (before) pairs.add(`${before} ${stem}`);
      before = stem;
      if (!opens && /^\p{Lu}/u.test(token)) names.add(stem);
      if (reach > 0) negated.add(stem);
      reach -= 1;
      if (counting && counting.left > 0) {
        counted.set(stem, (counted.get(stem) ?? new Set()).add(counting.number));
        counting.left -= 1;
      }
    }
    opens = false;
  }
  return { words, pairs, numbers, counted, names, negated, firstPerson };
}

function isYear(number: string): boolean {
  return /^(?:1[0-9]|20)\d\d$/.test(number);
}

/** A word without its commonest endings: enough to match `crayons` with `crayon`, `cheering` with `cheer`. */
export function stemOf(word: string): string {
  let stem = SAME[word] ?? word.replace(/['’]s?$/, '');
  for (const [ending, by] of ENDINGS) {
    if (stem.length - ending.length >= 3 && stem.endsWith(ending)) {
      stem = stem.slice(0, stem.length - ending.length) + by;
      break;
    }
  }
  stem = stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
  return SAME[stem] ?? stem;
}

const ENDINGS = [
  ['ational', 'at'],
  ['ations', 'at'],
  ['ation', 'at'],
  ['ies', 'y'],
  ['ied', 'y'],
  ['ings', ''],
  ['ing', ''],
  ['edly', ''],
  ['ers', ''],
  ['er', ''],
  ['ed', ''],
  ['es', ''],
  ['s', ''],
  ['ly', ''],
  ['ment', ''],
] as const;

/** Digits without thousands separators, as JavaScript prints the number. */
export function plainNumber(token: string): string {
  const plain = token.replaceAll(/,(?=\d{3}(?:\D|$))/g, '');
  const value = Number(plain);
  return Number.isFinite(value) ? String(value) : plain;
}
