/** The exact integer sums behind a tally, and the value that each form of it compares with the threshold. */
import type { TallyForm } from '../../contracts/messages/session.ts';
import type { SeatStanding } from './counted-ballots.ts';
import { APPROVING_SCORE_BP, WHOLE_BP, divideDown } from './tally-terms.ts';

/** Sums over the roster. Weights in basis points; products in the units that their factors give. */
export interface TallySums {
  readonly totalWeightBp: number;
  readonly participatingWeightBp: number;
  /** Σ w·c·s, units of 10⁻¹². */
  readonly weighted: number;
  /** The same with every score below 0.5 counted as 0. */
  readonly strictWeighted: number;
  /** Σ w·c over the ballots cast, units of 10⁻⁸. */
  readonly confidentWeight: number;
}

/** Adds up the standings; each sum is at most 64·10¹², far below 2^53. */
export function sumStandings(seats: readonly SeatStanding[]): TallySums {
  let total = 0;
  let participating = 0;
  let weighted = 0;
  let strictWeighted = 0;
  let confidentWeight = 0;
  for (const { seat, ballot } of seats) {
    total += seat.weightBp;
    if (!ballot) continue;
    const { scoreBp, confidenceBp } = ballot.body;
    const product = seat.weightBp * confidenceBp * scoreBp;
    participating += seat.weightBp;
    weighted += product;
    confidentWeight += seat.weightBp * confidenceBp;
    if (scoreBp >= APPROVING_SCORE_BP) strictWeighted += product;
  }
  if (!Number.isSafeInteger(weighted)) throw new TypeError(`the weighted sum ${weighted} is not exact`);
  return {
    totalWeightBp: total,
    participatingWeightBp: participating,
    weighted,
    strictWeighted,
    confidentWeight,
  };
}

/** Σ of the same unit as `weighted` that the absent seats would add with full score and confidence. */
export function absentPotential(sums: TallySums): number {
  return (sums.totalWeightBp - sums.participatingWeightBp) * WHOLE_BP * WHOLE_BP;
}

/**
 * Divisor that turns a weighted sum into basis points under a form; 0 where there is nothing to divide by.
 *
 * For `confidence-normalised` the absent seats stay in the divisor at full confidence. Without them, losing a
 * rejecting seat would raise the value, and an absence must never bring an approval nearer.
 */
export function divisorOf(sums: TallySums, form: TallyForm): number {
  if (form === 'raw') return WHOLE_BP * WHOLE_BP;
  if (form === 'weight-normalised') return sums.totalWeightBp * WHOLE_BP;
  return sums.confidentWeight + (sums.totalWeightBp - sums.participatingWeightBp) * WHOLE_BP;
}

/** `sum` in basis points under a form, rounded down (toward rejection); 0 when the divisor is 0. */
export function inBasisPoints(sum: number, sums: TallySums, form: TallyForm): number {
  const divisor = divisorOf(sums, form);
  return divisor === 0 ? 0 : divideDown(sum, divisor);
}
