/**
 * Tally of a council: pure, exact in integers, the same in a node, a verifier and a browser.
 *
 * @source requirements COU-15…17, N-COU-1…4: `Σ score × confidence × weight`, as a share of the weight of
 *   all seats
 */
import { ballotVote, type Ballot } from '../../contracts/messages/ballot.ts';
import type { Tally } from '../../contracts/messages/verdict.ts';
import { standings, type SeatStanding } from './counted-ballots.ts';
import { approvingWeights } from './families.ts';
import { reachableRange } from './reachable-range.ts';
import { inBasisPoints, sumStandings, type TallySums } from './tally-sums.ts';
import { WHOLE_BP, divideDown, totalWeightBp, type TallyTerms } from './tally-terms.ts';

/**
 * Tally after `round` of the ballots that count, running or final. Cost: linear in seats and ballots.
 *
 * All three forms are recorded: `rawBp`, `valueBp` (weight-normalised), `confidenceNormalisedBp`. Which of
 * them decides is frozen in `terms.tallyForm` and is `decideOutcome`'s business.
 *
 * @param ballots Any order; duplicates, ballots of later rounds and of seats outside the roster change
 *   nothing.
 * @param round Round that is tallied, 1 or 2; a seat without a ballot of this round is absent.
 * @throws TypeError when a weight, score or confidence is outside its range (a programmer's error)
 */
export function tallyBallots(terms: TallyTerms, ballots: readonly Ballot[], round: number): Tally {
  totalWeightBp(terms);
  const seats = standings(terms, ballots, round);
  return tallyOf(terms, seats, sumStandings(seats));
}

/** Tally record of standings and their sums. */
export function tallyOf(terms: TallyTerms, seats: readonly SeatStanding[], sums: TallySums): Tally {
  const votes = seats.flatMap(({ ballot }) => (ballot ? [ballotVote(ballot.body)] : []));
  const count = (vote: (typeof votes)[number]): number => votes.filter((one) => one === vote).length;
  const { weighted, strictWeighted, confidentWeight } = sums;
  return {
    weighted,
    attainable: sums.totalWeightBp * WHOLE_BP * WHOLE_BP,
    valueBp: inBasisPoints(weighted, sums, 'weight-normalised'),
    strictWeighted,
    strictBp: inBasisPoints(strictWeighted, sums, 'weight-normalised'),
    rawBp: inBasisPoints(weighted, sums, 'raw'),
    confidenceNormalisedBp: confidentWeight === 0 ? null : divideDown(weighted, confidentWeight),
    thresholdBp: terms.thresholdBp,
    quorumBp: terms.quorumBp,
    totalWeightBp: sums.totalWeightBp,
    participatingWeightBp: sums.participatingWeightBp,
    reachableBp: [...reachableRange(sums, 'weight-normalised')],
    ballotCount: votes.length,
    approveCount: count('approve'),
    rejectCount: count('reject'),
    notApplicableCount: count('not-applicable'),
    absent: seats.flatMap(({ seat, ballot }) => (ballot ? [] : [seat.seat])),
    vetoes: seats.flatMap(({ seat, veto }) => (veto === null ? [] : [{ seat: seat.seat, code: veto }])),
    families: approvingWeights(seats, terms.remoteFamilies).families,
  };
}
