/**
 * From ballots to an outcome: approved, rejected, or held with a reason.
 *
 * Two properties hold by construction. The strict value never exceeds the product value and no rejecting
 * ballot enters it, so a rejection's confidence cannot bring an approval. Nothing here falls when a seat is
 * lost but the values and the participating weight, and a lost veto seat holds, so an absence cannot bring
 * one either.
 */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { HeldReason, Outcome, Tally } from '../../contracts/messages/verdict.ts';
import { standings, type SeatStanding } from './counted-ballots.ts';
import { approvingWeights, isConcentrated } from './families.ts';
import { reachableRange } from './reachable-range.ts';
import { tallyOf } from './tally.ts';
import { inBasisPoints, sumStandings, type TallySums } from './tally-sums.ts';
import { WHOLE_BP, tallyFormOf, totalWeightBp, type TallyTerms } from './tally-terms.ts';

/** Outcome that the ballots give. */
export interface TalliedOutcome {
  readonly outcome: Outcome;
  /** First of `blockers` when held, else null. */
  readonly heldReason: HeldReason | null;
  /** Everything that stands in the way of an approval, most telling first; empty when approved. */
  readonly blockers: readonly HeldReason[];
  readonly tally: Tally;
}

/**
 * Outcome after `round`: approved iff value and strict value reach the threshold over all seats, the quorum
 * is there, no seat vetoes, no veto seat is absent, and no more than the allowed share (half) of the
 * approving weight rests on one remote provider. Rejected only if the value stays below the threshold even
 * with every absent seat fully approving.
 *
 * @param ballots Any order, duplicates allowed.
 * @throws TypeError as `tallyBallots`
 */
export function decideOutcome(terms: TallyTerms, ballots: readonly Ballot[], round: number): TalliedOutcome {
  totalWeightBp(terms);
  const seats = standings(terms, ballots, round);
  const sums = sumStandings(seats);
  const tally = tallyOf(terms, seats, sums);
  const blockers = blockersOf(terms, seats, sums);
  if (blockers.length === 0) return { outcome: 'approved', heldReason: null, blockers, tally };
  const [, highestBp] = reachableRange(sums, tallyFormOf(terms));
  if (highestBp < terms.thresholdBp) return { outcome: 'rejected', heldReason: null, blockers, tally };
  return { outcome: 'held', heldReason: blockers[0] ?? null, blockers, tally };
}

function blockersOf(terms: TallyTerms, seats: readonly SeatStanding[], sums: TallySums): HeldReason[] {
  const form = tallyFormOf(terms);
  const valueBp = inBasisPoints(sums.weighted, sums, form);
  const strictBp = inBasisPoints(sums.strictWeighted, sums, form);
  const blockers: HeldReason[] = [];
  if (seats.some(({ veto }) => veto !== null)) blockers.push('veto');
  if (!hasQuorum(terms, sums)) blockers.push('quorum');
  if (seats.some(({ seat, ballot }) => seat.vetoes && !ballot)) blockers.push('veto-seat-absent');
  if (valueBp < terms.thresholdBp) blockers.push('undecided');
  if (strictBp < terms.thresholdBp) blockers.push('strict-value');
  if (isConcentrated(approvingWeights(seats, terms.remoteFamilies), terms))
    blockers.push('provider-concentration');
  return blockers;
}

/** A roster without weight has no quorum: nobody could stand behind the outcome. */
function hasQuorum(
  { quorumBp }: TallyTerms,
  { participatingWeightBp, totalWeightBp: total }: TallySums,
): boolean {
  return total > 0 && participatingWeightBp > 0 && participatingWeightBp * WHOLE_BP >= quorumBp * total;
}
