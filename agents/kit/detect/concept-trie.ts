/** Finds concepts (groups of words and phrases of any language) in a reading, in one linear pass. */
import { foldText, tokenise, tokenText } from '../text/index.ts';
import type { Tokens } from '../text/index.ts';

/**
 * Words by concept. Each value is a list separated by commas, where a line end is a space: `ignore` is
 * that word, `ignor*` every
 * word that begins so, `~ignore` the English verb in all its forms, `+rule` the English noun and its
 * plural, several
 * words a phrase (`do not tell`). Spelling is folded as texts are.
 */
export type Lexicon = Readonly<Record<string, string>>;

interface Node {
  readonly next: Map<number, Node>;
  /** Concepts of entries that end here at the end of a word. */
  exact: number[] | undefined;
  /** Concepts of entries that end here whatever follows in the word. */
  stem: number[] | undefined;
  /** Next word of a phrase after a whole word, and after a stem. */
  afterWord: Node | undefined;
  afterStem: Node | undefined;
  /** Next word of a phrase after one word of any kind (`*` alone). */
  afterAny: Node | undefined;
}

/** One occurrence of a concept: words `[from, to]` of the reading. */
export interface ConceptHit {
  readonly from: number;
  readonly to: number;
}

/** Occurrences by concept number, each list ordered by `from`; undefined where there is none. */
export type ConceptHits = readonly (readonly ConceptHit[] | undefined)[];

/** Longest phrase, in words (signs for scripts without spaces). */
const MAX_PHRASE = 24;

/** Concepts of several lexica, compiled once. */
export class ConceptTrie {
  readonly #root = node();
  readonly #numbers = new Map<string, number>();

  readonly #possessive: readonly number[];

  /** The concept `possessive` always exists: words that end in `'s`. */
  constructor(lexica: readonly Lexicon[]) {
    this.#possessive = [this.#declare(POSSESSIVE)];
    for (const lexicon of lexica) {
      for (const [concept, entries] of Object.entries(lexicon)) {
        // A concept without words is filled in by its user, text by text.
        this.#declare(concept);
        for (const entry of entries.split(','))
          if (entry.trim() !== '') this.#add(concept, entry.trim().replace(/\s+/g, ' '));
      }
    }
  }

  /** Number of a concept. A rule that names an unknown concept is a programmer's error. */
  numberOf(concept: string): number {
    const number = this.#numbers.get(concept);
    if (number === undefined) throw new Error(`no concept is called ${concept}`);
    return number;
  }

  /** All occurrences in a reading. Cost: words × length of the longest entry that begins alike. */
  find(tokens: Tokens): ConceptHits {
    const hits: (ConceptHit[] | undefined)[] = new Array<ConceptHit[] | undefined>(this.#numbers.size);
    for (let index = 0; index < tokens.count; index += 1) {
      this.#walk(tokens, index, { at: index, node: this.#root, hits });
      if (isPossessive(tokens, index)) record(hits, this.#possessive, index, index);
    }
    return hits;
  }

  #walk(
    tokens: Tokens,
    from: number,
    state: { at: number; node: Node; hits: (ConceptHit[] | undefined)[] },
  ): void {
    const { at, hits } = state;
    if (at >= tokens.count || at - from >= MAX_PHRASE) return;
    if (state.node.afterAny) this.#walk(tokens, from, { at: at + 1, node: state.node.afterAny, hits });
    const text = tokens.view.text;
    const end = tokens.ends[at]!;
    let current: Node | undefined = state.node;
    const bareEnd = isPossessive(tokens, at) ? end - 2 : -1;
    for (let unit = tokens.starts[at]!; unit < end; unit += 1) {
      if (unit === bareEnd) {
        // `people's` is also the word `people`.
        if (current.exact) record(hits, current.exact, from, at);
        if (current.afterWord) this.#walk(tokens, from, { at: at + 1, node: current.afterWord, hits });
      }
      current = current.next.get(text.charCodeAt(unit));
      if (current === undefined) return;
      if (current.stem) record(hits, current.stem, from, at);
      if (current.afterStem) this.#walk(tokens, from, { at: at + 1, node: current.afterStem, hits });
    }
    if (current.exact) record(hits, current.exact, from, at);
    if (current.afterWord) this.#walk(tokens, from, { at: at + 1, node: current.afterWord, hits });
  }

  #add(concept: string, entry: string): void {
    const number = this.#declare(concept);
    for (const form of formsOf(entry)) this.#addForm(number, form);
  }

  #declare(concept: string): number {
    const known = this.#numbers.get(concept);
    if (known !== undefined) return known;
    this.#numbers.set(concept, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  #addForm(concept: number, form: string): void {
    let places: Node[] = [this.#root];
    const words = form.split(' ').flatMap(wordsOf);
    words.forEach(({ word, isStem }, index) => {
      const isLast = index === words.length - 1;
      places = places.map((place) => {
        if (word === '') return (place.afterAny ??= node());
        let current = place;
        for (let at = 0; at < word.length; at += 1) {
          const code = word.charCodeAt(at);
          let next = current.next.get(code);
          if (!next) current.next.set(code, (next = node()));
          current = next;
        }
        if (isLast) {
          if (isStem) (current.stem ??= []).push(concept);
          else (current.exact ??= []).push(concept);
          return current;
        }
        return isStem ? (current.afterStem ??= node()) : (current.afterWord ??= node());
      });
    });
  }
}

const POSSESSIVE = 'possessive';

function isPossessive(tokens: Tokens, index: number): boolean {
  const end = tokens.ends[index]!;
  return (
    end - tokens.starts[index]! > 2 &&
    tokens.view.text.charCodeAt(end - 2) === 0x27 &&
    tokens.view.text[end - 1] === 's'
  );
}

function node(): Node {
  return {
    next: new Map(),
    exact: undefined,
    stem: undefined,
    afterWord: undefined,
    afterStem: undefined,
    afterAny: undefined,
  };
}

function record(
  hits: (ConceptHit[] | undefined)[],
  concepts: readonly number[],
  from: number,
  to: number,
): void {
  for (const concept of concepts) {
    const list = (hits[concept] ??= []);
    const last = list[list.length - 1];
    // A stem and its longer form are one occurrence.
    if (!last || last.from !== from || last.to !== to) list.push({ from, to });
  }
}

/** Words of one piece of an entry as the tokeniser cuts them; a star belongs to the last. */
function wordsOf(piece: string): { word: string; isStem: boolean }[] {
  if (piece === '*') return [{ word: '', isStem: false }];
  const isStem = piece.endsWith('*');
  const tokens = tokenise(foldText(isStem ? piece.slice(0, -1) : piece));
  const words: { word: string; isStem: boolean }[] = [];
  for (let index = 0; index < tokens.count; index += 1) {
    words.push({ word: tokenText(tokens, index), isStem: isStem && index === tokens.count - 1 });
  }
  return words;
}

/** English forms: `~verb particle` inflects its first word, `+noun` its last. */
function formsOf(entry: string): string[] {
  if (entry.startsWith('~')) {
    const [verb = '', ...rest] = entry.slice(1).split(' ');
    return verbForms(verb).map((form) => [form, ...rest].join(' '));
  }
  if (entry.startsWith('+')) {
    const noun = entry.slice(1);
    return [noun, plural(noun)];
  }
  return [entry];
}

function verbForms(verb: string): string[] {
  const [base, ...irregular] = verb.split('/');
  const stem = base!;
  const dropped = stem.endsWith('e') ? stem.slice(0, -1) : stem;
  const isDoubled =
    /(^|[^aeiou])[aeiou][bdgklmnprt]$/.test(stem) &&
    (stem.length <= 4 || /(mit|fer|get|get|lan|cel|tol|rap)$/.test(stem));
  const doubled = stem + stem[stem.length - 1]!;
  const participle = isDoubled
    ? [`${doubled}ing`, `${stem}ing`]
    : [`${stem.endsWith('ee') ? stem : dropped}ing`];
  const past = /[^aeiou]y$/.test(stem)
    ? [`${stem.slice(0, -1)}ied`]
    : isDoubled
      ? [`${doubled}ed`, `${stem}ed`]
      : [`${dropped}ed`];
  return [stem, plural(stem), ...participle, ...past, ...irregular];
}

function plural(word: string): string {
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return `${word}s`;
}
