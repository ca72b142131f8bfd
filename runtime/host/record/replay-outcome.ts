/** What recorded ballots would have given under the mean alone: for ablations, never for a verdict. */
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import type { SessionTerms } from '../../../contracts/messages/session.ts';
import type { Outcome } from '../../../contracts/messages/verdict.ts';
import { tallyBallots } from '../../../council/tally/tally.ts';

/**
 * Outcome by the weighted mean alone: at or above the threshold approved, else rejected; no veto, no strict
 * value, no quorum, nothing is held. Replays ballots; runs no evaluator.
 * @param round Round whose ballots count, 1 or 2
 */
export function meanOutcome(terms: SessionTerms, ballots: readonly Ballot[], round: number): Outcome {
  const { valueBp, thresholdBp } = tallyBallots(terms, ballots, round);
  return valueBp >= thresholdBp ? 'approved' : 'rejected';
}
