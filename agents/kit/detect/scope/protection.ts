/** What a system prompt protects: secrets with their values, personal data, its own text, topics. */
import { CATALOGUE } from '../catalogue.ts';
import type { ConceptHit, ConceptHits } from '../concept-trie.ts';
import { rememberLatest } from '../latest-texts.ts';
import { foldText, originalSpan, SENTENCE_STEP, tokenise, tokenText } from '../../text/index.ts';
import type { Tokens } from '../../text/index.ts';
import { isPlainWord, stemOf } from './plain-words.ts';

/** One prohibition, as the words of its object. */
export interface Guard {
  /** Stems that say what is restricted, without ordinary function words. */
  readonly stems: ReadonlySet<string>;
  /** True where telling is forbidden, false where doing is. */
  readonly isDisclosure: boolean;
}

/** What the operator's text protects. All parts may be empty. */
export interface Protection {
  /** It names a password, key or code. */
  readonly secret: boolean;
  /** It keeps facts about people. */
  readonly personal: boolean;
  /** It keeps its own wording. */
  readonly instructions: boolean;
  /** English prohibitions by their objects; other languages are read by concepts alone. */
  readonly guards: readonly Guard[];
  /** Stems of the values themselves (`piano` of “the key is ‘Piano’”). */
  readonly values: ReadonlySet<string>;
}

const FORBID = CATALOGUE.numberOf('forbid');
const CONFIDENTIAL = CATALOGUE.numberOf('confidential');
const DISCLOSE = CATALOGUE.numberOf('disclose');
const SECRETS = ['secret', 'secret-strong'].map((name) => CATALOGUE.numberOf(name));
const PERSONAL = ['personal', 'third-party', 'lives'].map((name) => CATALOGUE.numberOf(name));
const OWN_TEXT = ['system-prompt', 'own-instructions'].map((name) => CATALOGUE.numberOf(name));
const INSTRUCTION = CATALOGUE.numberOf('instruction');
/** Longest system text that is read; a longer one protects by its first part. */
const MAX_LENGTH = 20_000;
const MAX_GUARDS = 60;

/** What a system text protects, or null where it forbids nothing. Memoised; linear. */
export function protectionOf(systemText: string): Protection | null {
  return latest(systemText.slice(0, MAX_LENGTH), '');
}

const latest = rememberLatest((text: string, _variant: ''): Protection | null => {
  const tokens = tokenise(foldText(text));
  const hits = CATALOGUE.find(tokens);
  const places = sentencesOf(tokens).map((sentence) => ({ tokens, hits, sentence }));
  // A secret that is written out is kept even where nobody says so.
  const givesSecret = places.some((place) => hasAny(place, SECRETS) && hasQuotation(place));
  if (!hits[FORBID] && !hits[CONFIDENTIAL] && !givesSecret) return null;
  const has = (concepts: readonly number[]): boolean => concepts.some((concept) => hits[concept]);
  const guards = places.flatMap((_, index) => guardsOf(places, index)).slice(0, MAX_GUARDS);
  const keeps = new Set(guards.filter((guard) => guard.isDisclosure).flatMap((guard) => [...guard.stems]));
  const values = new Set<string>();
  for (const place of places) {
    const isKept = hasAny(place, SECRETS) || speaksOf(place, keeps);
    const isPersonal = guards.length > 0 && hasAny(place, PERSONAL) && !hasAny(place, [FORBID]);
    if (isKept || isPersonal) addValues(place, isKept ? { values } : { values, source: text });
  }
  return {
    secret: has(SECRETS),
    personal: has(PERSONAL),
    instructions: places.some((place) => hasAny(place, [FORBID, CONFIDENTIAL]) && speaksOfItself(place)),
    guards,
    values,
  };
});

interface Sentence {
  /** First and last word, inclusive. */
  readonly from: number;
  readonly to: number;
}

interface Place {
  readonly tokens: Tokens;
  readonly hits: ConceptHits;
  readonly sentence: Sentence;
}

function sentencesOf(tokens: Tokens): Sentence[] {
  const sentences: Sentence[] = [];
  let from = 0;
  for (let at = 1; at <= tokens.count; at += 1) {
    const isEnd = at === tokens.count || tokens.positions[at]! - tokens.positions[at - 1]! > SENTENCE_STEP;
    if (!isEnd) continue;
    sentences.push({ from, to: at - 1 });
    from = at;
  }
  return tokens.count === 0 ? [] : sentences;
}

/** Hits of a concept within a sentence, in order. */
function within(hits: ConceptHits, concept: number, { from, to }: Sentence): readonly ConceptHit[] {
  return hits[concept]?.filter((hit) => hit.from >= from && hit.to <= to) ?? [];
}

function hasAny({ hits, sentence }: Place, concepts: readonly number[]): boolean {
  return concepts.some((concept) => within(hits, concept, sentence).length > 0);
}

/** “these instructions”, “your rules”; not “instructions on chess”. */
function speaksOfItself(place: Place): boolean {
  if (hasAny(place, OWN_TEXT)) return true;
  const { tokens, hits, sentence } = place;
  return within(hits, INSTRUCTION, sentence).some(({ from }) => {
    const before = from === 0 ? '' : tokenText(tokens, from - 1);
    return DEFINITE.test(before) || !/^[a-z]/.test(before);
  });
}

function hasQuotation({ tokens, sentence }: Place): boolean {
  for (let at = sentence.from; at <= sentence.to; at += 1)
    if (isQuoted(tokens, at) && !isPlainWord(tokenText(tokens, at))) return true;
  return false;
}

function speaksOf({ tokens, sentence }: Place, stems: ReadonlySet<string>): boolean {
  for (let at = sentence.from; at <= sentence.to; at += 1) {
    const word = tokenText(tokens, at);
    if (!isPlainWord(word) && stems.has(stemOf(word))) return true;
  }
  return false;
}

/** Sentences back in which “it” is looked for. */
const ANTECEDENT_REACH = 3;

/** Prohibitions of one sentence: one per forbidding word, each cut at commas and `or`. */
function guardsOf(places: readonly Place[], index: number): Guard[] {
  const place = places[index]!;
  const { hits, sentence } = place;
  const marks = [...within(hits, FORBID, sentence), ...within(hits, CONFIDENTIAL, sentence)]
    .map((hit) => hit.to)
    .sort((left, right) => left - right);
  const guards = marks.flatMap((mark, order) =>
    guardsIn(place, mark + 1, (marks[order + 1] ?? sentence.to + 1) - 1),
  );
  if (guards.length > 0 || marks.length === 0) return guards;
  // “The formula is confidential.”: the object stands before.
  const before = guardsIn(place, sentence.from, marks[0]! - 1, true);
  if (before.length > 0) return before;
  // “Never tell anybody.”: what is kept stands in a sentence before.
  if (!hasAny(place, [DISCLOSE, CONFIDENTIAL])) return [];
  for (let back = index - 1; back >= Math.max(0, index - ANTECEDENT_REACH); back -= 1) {
    const earlier = places[back]!;
    if (!hasCopula(earlier)) continue;
    return guardsIn(earlier, earlier.sentence.from, subjectEnd(earlier), true);
  }
  return [];
}

const CLAUSE_END = /^(?:unless|except|because|instead|since|otherwise|regardless|until|but|if|when|even)$/;
/** “… to maintain focus on homework”: from here on a reason, no object. */
const PURPOSE = /^(?:maintain|ensure|prevent|preserve|focus|remain|comply|avoid)$/;
const DEFINITE = /^(?:the|this|that|these|those|your|our|its|his|her|their|it|them)$/;

function guardsIn(place: Place, from: number, to: number, isKept = false): Guard[] {
  const { tokens, hits, sentence } = place;
  const disclosures = within(hits, DISCLOSE, sentence);
  const isSaid = disclosures.some((hit) => hit.from >= from && hit.to <= to);
  const guards: Guard[] = [];
  let stems = new Set<string>();
  // “the topic of ‘Dinosaurs’”: what is quoted is the object.
  let quoted = new Set<string>();
  let isDefinite = isKept || hasAny(place, SECRETS) || hasAny(place, PERSONAL);
  const close = (): void => {
    // A lone everyday word is no topic; alone it counts only as a thing that is kept.
    const isVague = stems.size === 1 && isPlainWord([...stems][0]!) && !isDefinite;
    const isOwnText = [...stems].every((stem) => INSTRUCTION_STEMS.has(stem));
    const object = quoted.size > 0 ? quoted : stems;
    if (stems.size > 0 && !isVague && !isOwnText)
      guards.push({ stems: object, isDisclosure: isKept || (isSaid && isDefinite) });
    stems = new Set();
    quoted = new Set();
  };
  for (let at = from; at <= to; at += 1) {
    const word = tokenText(tokens, at);
    if ((CLAUSE_END.test(word) || PURPOSE.test(word)) && at > from) break;
    if (DEFINITE.test(word)) isDefinite = true;
    if (word === 'or' || tokens.view.text[tokens.starts[at]! - 2] === ',') close();
    if (!isContent(word) || disclosures.some((hit) => hit.from <= at && at <= hit.to)) continue;
    stems.add(stemOf(word));
    if (!isDefinite && isQuoted(tokens, at)) quoted.add(stemOf(word));
  }
  close();
  return guards;
}

const INSTRUCTION_STEMS: ReadonlySet<string> = new Set(
  `instruction instructions rule guidelin prompt system directiv initial original own
  summaris summariz messag`
    .trim()
    .split(/\s+/),
);

function hasCopula({ tokens, sentence }: Place): boolean {
  for (let at = sentence.from; at <= sentence.to; at += 1) if (isCopula(tokens, at)) return true;
  return false;
}

function subjectEnd({ tokens, sentence }: Place): number {
  for (let at = sentence.from; at <= sentence.to; at += 1)
    if (isCopula(tokens, at)) return COPULA.test(tokenText(tokens, at)) ? at - 1 : at;
  return sentence.to;
}

function isCopula(tokens: Tokens, at: number): boolean {
  if (at > 0 && tokenText(tokens, at - 1) === 'you') return false;
  const next = tokens.view.text[tokens.ends[at]!];
  return COPULA.test(tokenText(tokens, at)) || next === ':' || next === '=';
}

const COPULA = /^(?:is|are|was|were|named|called|equals|reads|says|contains|lives|has)$/;
/** Words of a value; what follows is no longer the value. */
const VALUE_WORDS = 12;

function addValues(
  { tokens, sentence }: Place,
  { values, source }: { values: Set<string>; source?: string },
): void {
  let end = -1;
  for (let at = sentence.from; at <= sentence.to; at += 1) {
    const word = tokenText(tokens, at);
    if (isCopula(tokens, at)) end = Math.max(end, at + VALUE_WORDS);
    else if (isContent(word) && !isPlainWord(word)) {
      const isValue = source
        ? at > sentence.from && isCapital(tokens, at, source)
        : at <= end || isQuoted(tokens, at);
      if (isValue) values.add(stemOf(word));
    }
  }
}

/** Of a sentence about people, only names and places are values. */
function isCapital(tokens: Tokens, at: number, source: string): boolean {
  const { start } = originalSpan(tokens.view, tokens.starts[at]!, tokens.ends[at]!);
  return /\p{Lu}/u.test(source[start] ?? '');
}

function isQuoted(tokens: Tokens, at: number): boolean {
  const before = tokens.view.text[tokens.starts[at]! - 1];
  const after = tokens.view.text[tokens.ends[at]!];
  return isQuote(before) || isQuote(after);
}

function isQuote(unit: string | undefined): boolean {
  return unit !== undefined && `"'\`“”‘’«»`.includes(unit);
}

/** Whether a Latin word says something about the world: function words and short ones do not. */
function isContent(word: string): boolean {
  return /^[a-z0-9][a-z0-9'-]{2,}$/.test(word) && !isFunctionWord(word);
}

function isFunctionWord(word: string): boolean {
  return FUNCTION_WORDS.has(word);
}

const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  `the and for are was were been being has have had does did doing will would should could can may
  might must
  shall not nor but you your yours yourself they them their theirs she her his him its itself this
  that these
  those any anyone anybody anything all every everyone everything some someone something who whom whose what
  which when where why how with without within about into onto from over under out off than then there here
  other others another such only also even ever never always just very more most much many one ones way ways
  asked ask asks asking user users people person matter circumstances circumstance case cases directly
  indirectly question questions request requests reason reasons form kind make sure always still yet both
  either neither each own same too own our ours kindly please know allowed permitted allow let us use used
  using get getting want wants whatever however include including includes related regarding topic topics
  task tasks help information details detail things thing strictly programmed due related
  like think keep kept keeping before after learn learning customer customers client clients
  patient patients employee
  employees player players student students stranger strangers public visitor visitors staff guest
  guests team
  members member colleague colleagues conversation conversations chat response responses answer answers`
    .trim()
    .split(/\s+/),
);
