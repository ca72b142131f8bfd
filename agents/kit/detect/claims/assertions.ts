/**
 * Assertions that are wrong or empty on their face: false sums, dates in reverse, invented citations,
 * certainty.
 */
import type { Finding } from '../record/rule-evaluator.ts';

const SUM =
  /(?<![\d.,/-])(\d{1,9}(?:\.\d{1,4})?) ?([+×x*−-]) ?(\d{1,9}(?:\.\d{1,4})?) ?= ?(\d{1,12}(?:\.\d{1,4})?)(?![\d%]|[.,]\d)/g;
const YEARS =
  /\b(?:from|between|born(?: in)?|\() ?(1\d{3}|20\d{2}) ?(?:to|and|until|–|-|,? died(?: in)?) ?(1\d{3}|20\d{2})\b/g;
const ISBN = /\bISBN(?:-1[03])?:? ?((?:97[89][ -]?)?\d(?:[ -]?\d){8}[ -]?[\dXx])(?!\d)/g;
const ARXIV = /\barXiv:? ?(\d{2})(\d{2})\.(\d{3,6})\b/gi;
const DOI = /\bdoi(?:\.org\/|: ?)(\S{3,80})/gi;
const SHARES = /(?<![\d.])(\d{1,3}(?:\.\d)?) ?%/g;
const PARTS =
  /\b(?:respectively|split|breakdown|broken down|divided|shares?|consists? of|made up of|distribution)\b/i;

/** Certainty that no evidence can carry, in medicine, law and money. */
const CERTAINTY =
  /\b(?:guarantee[ds]? (?:returns?|profits?|income|cure|results?|approval|to (?:cure|win|double|work|heal))|(?:100|hundred) ?(?:%|percent) (?:safe|effective|certain|guaranteed|risk[- ]free|accurate|cure)|risk[- ]free (?:investment|returns?|profit)|(?:completely|absolutely|totally) (?:safe for everyone|without (?:any )?(?:risk|side effects))|no (?:possible )?(?:risk|side effects) (?:at all|whatsoever|of any kind)|(?:cures?|heals?) (?:all (?:types of )?)?(?:cancer|diabetes|autism|aids|hiv|alzheimer)|cannot (?:possibly )?(?:lose|fail)|(?:will|is) (?:definitely|certainly|undoubtedly) (?:win|cure|double|heal|rise))\b/i;
const HEDGED =
  /\b(?:no|not|never|isn't|aren't|cannot be|can't be|nobody|beware|scam|myth|false|claims?|promis\w+|avoid|if (?:someone|anyone)|there is no)\b[^.]{0,40}$/i;

/** A text with its place. */
export interface AssertionText {
  readonly field: string;
  readonly text: string;
}

/** Findings in one text that the decision itself asserts. */
export function assertionFindings({ field, text }: AssertionText): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (match: RegExpExecArray, about: Pick<Finding, 'code' | 'scoreBp' | 'reason'>): void => {
    const span = {
      field: field.slice(0, 300),
      start: match.index,
      end: match.index + match[0].length,
      label: about.code,
    };
    findings.push({ ...about, basis: 'content', spans: [span], critical: about.scoreBp < 2_500 });
  };
  for (const match of text.matchAll(SUM)) {
    if (isWrongSum(match))
      add(match, { code: 'truth.arithmetic', scoreBp: 2_000, reason: `The sum ${match[0]} is wrong.` });
  }
  for (const match of text.matchAll(YEARS)) {
    if (Number(match[1]) > Number(match[2])) {
      add(match, {
        code: 'truth.dates-reversed',
        scoreBp: 3_500,
        reason: 'A span of years ends before it begins.',
      });
    }
  }
  for (const match of text.matchAll(ISBN)) {
    if (!isIsbn((match[1] ?? '').replaceAll(/[ -]/g, '')))
      add(match, { ...CITATION, reason: 'The ISBN fails its check digit.' });
  }
  for (const match of text.matchAll(ARXIV)) {
    const [, year = '', month = '', number = ''] = match;
    const digits = Number(year) >= 15 ? 5 : 4;
    const sound = Number(month) >= 1 && Number(month) <= 12 && Number(year) >= 7 && number.length === digits;
    if (!sound) add(match, { ...CITATION, reason: 'The arXiv number cannot exist.' });
  }
  for (const match of text.matchAll(DOI)) {
    if (!/^10\.\d{4,9}\/\S/.test(match[1] ?? ''))
      add(match, { ...CITATION, reason: 'The DOI is not well formed.' });
  }
  const certain = CERTAINTY.exec(text);
  if (certain && !HEDGED.test(text.slice(Math.max(0, certain.index - 60), certain.index))) {
    add(certain, {
      code: 'truth.certainty',
      scoreBp: 3_000,
      reason: 'Certainty is claimed that no evidence can carry.',
    });
  }
  if (PARTS.test(text)) addShares(text, field, findings);
  return findings;
}

const CITATION = { code: 'truth.citation', scoreBp: 3_000 } as const;

function addShares(text: string, field: string, into: Finding[]): void {
  for (const [sentence] of text.matchAll(/[^.!?\n]{1,400}/g)) {
    if (!PARTS.test(sentence)) continue;
    const shares = [...sentence.matchAll(SHARES)].map((match) => Number(match[1]));
    const sum = shares.reduce((total, share) => total + share, 0);
    if (shares.length < 3 || sum <= 101 || Math.max(...shares) >= 100) continue;
    into.push({
      code: 'truth.shares',
      scoreBp: 4_500,
      reason: `Shares of one whole add up to ${Math.round(sum)} % in ${field}.`,
      basis: 'content',
    });
  }
}

function isWrongSum([, left = '', sign = '', right = '', result = '']: RegExpExecArray): boolean {
  const [a, b, c] = [Number(left), Number(right), Number(result)];
  const value = sign === '+' ? a + b : sign === '-' || sign === '−' ? a - b : a * b;
  const places = (result.split('.')[1] ?? '').length;
  return Math.abs(value - c) > 0.5 * 10 ** -places + 1e-9;
}

/** Check digit of ISBN-10 and ISBN-13. @source ISO 2108 */
export function isIsbn(isbn: string): boolean {
  if (isbn.length === 13) {
    const sum = [...isbn].reduce(
      (total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3),
      0,
    );
    return sum % 10 === 0;
  }
  if (isbn.length !== 10) return false;
  const sum = [...isbn].reduce(
    (total, digit, at) => total + (/x/i.test(digit) ? 10 : Number(digit)) * (10 - at),
    0,
  );
  return sum % 11 === 0;
}
