/** Compares one claim with the evidence given for it: words, numbers, names, negation. */
import { claimFeatures } from './features.ts';
import type { ClaimFeatures } from './features.ts';

/** How a claim stands to its evidence. */
export type ClaimRelation = 'supported' | 'contradicted' | 'unsupported' | 'weak';

/** Result of a comparison. */
export interface ClaimComparison {
  readonly relation: ClaimRelation;
  /** Share of the claim's content words that stand in the evidence, 0 … 1. */
  readonly overlap: number;
  /** What decided: `number`, `negation`, `antonym`, `name`, `overlap`. */
  readonly by: string;
}

/** Thresholds fitted on the train half of the labelled claims. */
export const CLAIM_THRESHOLDS = { supported: 0.6, contradicted: 0.45, unsupported: 0.3, names: 0.34 } as const;

/** Compares a claim with all its evidence taken together. */
export function compareClaim(claim: string, evidence: readonly string[]): ClaimComparison {
  const said = claimFeatures(claim);
  const given = claimFeatures(evidence.join(' \n'));
  const overlap = share(said.words, given.words);
  const numbers = strangers(said.numbers, given.numbers);
  if (overlap >= CLAIM_THRESHOLDS.contradicted && numbers > 0 && given.numbers.size > 0) {
    return { relation: 'contradicted', overlap, by: 'number' };
  }
  if (overlap >= CLAIM_THRESHOLDS.supported && said.negations !== given.negations && evidence.length === 1) {
    return { relation: 'contradicted', overlap, by: 'negation' };
  }
  if (unknownNames(said, given) > CLAIM_THRESHOLDS.names && said.names.size > 0) {
    return { relation: 'unsupported', overlap, by: 'name' };
  }
  if (numbers > 0) return { relation: 'unsupported', overlap, by: 'number' };
  if (overlap < CLAIM_THRESHOLDS.unsupported) return { relation: 'unsupported', overlap, by: 'overlap' };
  return { relation: overlap >= CLAIM_THRESHOLDS.supported ? 'supported' : 'weak', overlap, by: 'overlap' };
}

function share(said: ReadonlySet<string>, given: ReadonlySet<string>): number {
  if (said.size === 0) return 1;
  let common = 0;
  for (const word of said) if (given.has(word)) common += 1;
  return common / said.size;
}

function strangers(said: ReadonlySet<string>, given: ReadonlySet<string>): number {
  let count = 0;
  for (const item of said) if (!given.has(item)) count += 1;
  return count;
}

function unknownNames(said: ClaimFeatures, given: ClaimFeatures): number {
  if (said.names.size === 0) return 0;
  let unknown = 0;
  for (const name of said.names) if (!given.words.has(name) && !given.names.has(name)) unknown += 1;
  return unknown / said.names.size;
}
