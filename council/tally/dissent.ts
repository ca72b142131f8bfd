/** Whether those who disagree with the result of a round could still turn it in another. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { SeatStanding } from './counted-ballots.ts';
import { inBasisPoints, type TallySums } from './tally-sums.ts';
import { APPROVING_SCORE_BP, WHOLE_BP, tallyFormOf, type TallyTerms } from './tally-terms.ts';

/**
 * Whether dissent could turn the result of round 1.
 *
 * A result that reaches the threshold could fall when its lead is no more than the dissenting weight: as
 * much again changing its mind would do. One that does not could rise when the rejecting seats without a
 * veto, raised to full approval, would lift it over, and another seat holds `rules` or `record` evidence
 * that a raise may cite.
 */
export function dissentCouldTurn(
  terms: TallyTerms,
  seats: readonly SeatStanding[],
  sums: TallySums,
): boolean {
  const form = tallyFormOf(terms);
  const rejecting = seats.filter(({ ballot }) => ballot && ballot.body.scoreBp < APPROVING_SCORE_BP);
  if (rejecting.length === 0) return false;
  const strictBp = inBasisPoints(sums.strictWeighted, sums, form);
  if (strictBp >= terms.thresholdBp) {
    const dissenting = weightOf(rejecting) * WHOLE_BP * WHOLE_BP;
    return (
      inBasisPoints(sums.strictWeighted - Math.min(dissenting, sums.strictWeighted), sums, form) <
      terms.thresholdBp
    );
  }
  if (seats.some(({ veto }) => veto !== null)) return false;
  const raised = sums.strictWeighted + weightOf(rejecting) * WHOLE_BP * WHOLE_BP;
  return (
    inBasisPoints(raised, sums, form) >= terms.thresholdBp && seats.some(({ ballot }) => isCitable(ballot))
  );
}

function weightOf(seats: readonly SeatStanding[]): number {
  return seats.reduce((sum, { seat }) => sum + seat.weightBp, 0);
}

function isCitable(ballot: Ballot | undefined): boolean {
  return ballot?.evidence.some(canBeCited) ?? false;
}

/** Whether another seat may rest a raised score on this evidence: approving, `rules` or `record`. */
export function canBeCited(evidence: { kind: string; scoreBp: number }): boolean {
  return (evidence.kind === 'rules' || evidence.kind === 'record') && evidence.scoreBp >= APPROVING_SCORE_BP;
}
