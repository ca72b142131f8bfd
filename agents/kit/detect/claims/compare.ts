/** Compares one claim with the evidence given for it: words, numbers, names, opposites, negation. */
import { claimFeatures } from './features.ts';
import type { ClaimFeatures } from './features.ts';

/** How a claim stands to its evidence. */
export type ClaimRelation = 'supported' | 'contradicted' | 'unsupported' | 'weak';

/** Result of a comparison. */
export interface ClaimComparison {
  readonly relation: ClaimRelation;
  /** Share of the claim's content words that stand in the evidence, 0 … 1. */
  readonly overlap: number;
  /** Estimated probability that the evidence does not carry the claim, 0 … 1. */
  readonly doubt: number;
  /** What decided: `number`, `negation`, `opposite`, `words`. */
  readonly by: string;
}

/** Order of the numbers that {@link claimSignals} gives and {@link CLAIM_WEIGHTS} weighs. */
export const CLAIM_SIGNALS = [
  'strange-words',
  'strange-pairs',
  'strange-word-count',
  'strange-numbers',
  'strange-names',
  'negation',
  'first-person',
  'constant',
] as const;

/**
 * Log-odds weights of {@link CLAIM_SIGNALS}, fitted on the fit half of the labelled claims
 * (`bench/record-seats.ts --calibrate` prints them again).
 */
export const CLAIM_WEIGHTS: readonly number[] = [3.12, 0.79, -0.07, 0.24, -0.02, 0.66, 0.54, -1.17];

/** Limits of the relations. */
export const CLAIM_LIMITS = { unsupported: 0.75, weak: 0.55, contradiction: 0.5, negation: 0.95 } as const;

/** Opposites by stem, both directions. */
export const OPPOSITES: ReadonlyMap<string, readonly string[]> = pairsOf(
  'increas decreas|increas declin|ris fall|rose fell|grow shrink|grew shrank|approv deny|approv ' +
    'reject|accept reject|' +
    'grant deny|safe unsafe|safe dangerou|legal illegal|allow forbid|allow prohibit|allow ban|win ' +
    'los|won lost|north south|' +
    'east west|northern southern|eastern western|male femal|man woman|positiv negativ|begin end|open clos|' +
    'high low|best worst|larg small|old young|old new|rich poor|before after|effectiv ineffectiv|' +
    'aliv dead|tru fals|pass fail|' +
    'possibl impossibl|present absent|public privat|guilty innocent|buy sell|bought sold|import export|' +
    'maximum minimum|majority minority|always never|include exclud|married single|hot cold|left right',
);

/** Numbers by which a claim is weighed against its evidence, in the order of {@link CLAIM_SIGNALS}. */
export function claimSignals(said: ClaimFeatures, given: ClaimFeatures): readonly number[] {
  const strange = strangers(said.words, given.words);
  return [
    said.words.size === 0 ? 0 : strange / said.words.size,
    said.pairs.size === 0 ? 0 : strangers(said.pairs, given.pairs) / said.pairs.size,
    Math.min(10, strange),
    Math.min(3, strangers(said.numbers, given.numbers)),
    Math.min(3, strangeNames(said, given)),
    conflicts(said, given) ? 1 : 0,
    Math.min(3, said.firstPerson),
    1,
  ];
}

/** Compares a claim with all its evidence taken together. */
export function compareClaim(claim: string, evidence: readonly string[]): ClaimComparison {
  const said = claimFeatures(claim);
  const given = claimFeatures(evidence.join(' \n'));
  const signals = claimSignals(said, given);
  const overlap = 1 - (signals[0] ?? 0);
  const doubt = logistic(signals);
  if (overlap >= CLAIM_LIMITS.contradiction) {
    if ((signals[3] ?? 0) > 0 && given.numbers.size > 0)
      return { relation: 'contradicted', overlap, doubt, by: 'number' };
    if (miscounted(said, given)) return { relation: 'contradicted', overlap, doubt, by: 'number' };
    if (opposed(said, given)) return { relation: 'contradicted', overlap, doubt, by: 'opposite' };
    const close = overlap >= CLAIM_LIMITS.negation && given.words.size <= 2 * said.words.size;
    if (close && conflicts(said, given)) return { relation: 'contradicted', overlap, doubt, by: 'negation' };
  }
  if (doubt >= CLAIM_LIMITS.unsupported) return { relation: 'unsupported', overlap, doubt, by: 'words' };
  return { relation: doubt >= CLAIM_LIMITS.weak ? 'weak' : 'supported', overlap, doubt, by: 'words' };
}

function logistic(signals: readonly number[]): number {
  let sum = 0;
  signals.forEach((signal, index) => (sum += signal * (CLAIM_WEIGHTS[index] ?? 0)));
  return 1 / (1 + Math.exp(-sum));
}

function strangers(said: ReadonlySet<string>, given: ReadonlySet<string>): number {
  let count = 0;
  for (const item of said) if (!given.has(item)) count += 1;
  return count;
}

function strangeNames(said: ClaimFeatures, given: ClaimFeatures): number {
  let count = 0;
  for (const name of said.names) if (!given.words.has(name)) count += 1;
  return count;
}

/** A word that both hold stands negated in one and plain in the other. */
function conflicts(said: ClaimFeatures, given: ClaimFeatures): boolean {
  for (const word of said.negated) if (given.words.has(word) && !given.negated.has(word)) return true;
  for (const word of given.negated) if (said.words.has(word) && !said.negated.has(word)) return true;
  return false;
}

/** Everything that a number of the claim counts is counted in the evidence too, and never by that number. */
function miscounted(said: ClaimFeatures, given: ClaimFeatures): boolean {
  const byNumber = new Map<string, string[]>();
  for (const [stem, numbers] of said.counted) {
    for (const number of numbers) byNumber.set(number, [...(byNumber.get(number) ?? []), stem]);
  }
  for (const [number, stems] of byNumber) {
    const known = stems.filter((stem) => given.counted.has(stem));
    const most = Math.max(2, stems.length - 1);
    if (known.length < Math.min(stems.length, most)) continue;
    if (known.length > 0 && known.every((stem) => !given.counted.get(stem)!.has(number))) return true;
  }
  return false;
}

function opposed(said: ClaimFeatures, given: ClaimFeatures): boolean {
  for (const word of said.words) {
    if (given.words.has(word) || said.negated.has(word)) continue;
    for (const other of OPPOSITES.get(word) ?? []) {
      if (given.words.has(other) && !said.words.has(other) && !given.negated.has(other)) return true;
    }
  }
  return false;
}

function pairsOf(list: string): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  const add = (from: string, to: string): void => void map.set(from, [...(map.get(from) ?? []), to]);
  for (const pair of list.split('|')) {
    const [left = '', right = ''] = pair.split(' ');
    add(left, right);
    add(right, left);
  }
  return map;
}
