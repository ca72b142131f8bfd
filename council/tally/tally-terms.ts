/** The frozen rules that a tally reads, and the form of the sum that decides. */
import type { SessionTerms, TallyForm } from '../../contracts/messages/session.ts';

/** Part of the session's terms that a tally depends on. */
export type TallyTerms = Pick<
  SessionTerms,
  'roster' | 'thresholdBp' | 'quorumBp' | 'maxRounds' | 'remoteFamilies' | 'tallyForm' | 'providerShareMaxBp'
>;

/** Full score, full confidence, the whole: 10,000 basis points. */
export const WHOLE_BP = 10_000;

/** Score from which a ballot counts as approving, 0.5. */
export const APPROVING_SCORE_BP = 5_000;

/** Heaviest roster: 64 seats of 10,000 bp. Σ w·c·s then stays below 2^53, so every sum is exact. */
export const MAX_TOTAL_WEIGHT_BP = 64 * WHOLE_BP;

/** Form of the sum that decides; all three are recorded whatever decides (N-COU-2). */
export function tallyFormOf(terms: Pick<TallyTerms, 'tallyForm'>): TallyForm {
  return terms.tallyForm ?? 'weight-normalised';
}

/**
 * Weight of the whole roster, in basis points.
 * @throws TypeError for what would make the sums inexact or ambiguous: a fractional, negative or excessive
 *   weight, a seat named twice. That is a programmer's error: terms are checked before they are frozen.
 */
export function totalWeightBp(terms: Pick<TallyTerms, 'roster'>): number {
  const seats = new Set<string>();
  let total = 0;
  for (const { seat, weightBp } of terms.roster) {
    if (seats.has(seat)) throw new TypeError(`seat ${seat} stands twice on the roster`);
    if (!Number.isSafeInteger(weightBp) || weightBp < 0)
      throw new TypeError(`weight of ${seat} is ${weightBp}`);
    seats.add(seat);
    total += weightBp;
  }
  if (total > MAX_TOTAL_WEIGHT_BP)
    throw new TypeError(`weights total ${total}, above ${MAX_TOTAL_WEIGHT_BP}`);
  return total;
}

/** Exact integer division, rounded down; both are safe non-negative integers and `divisor` is positive. */
export function divideDown(dividend: number, divisor: number): number {
  return (dividend - (dividend % divisor)) / divisor;
}
