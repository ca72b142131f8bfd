/** Seat Truth: claims against the evidence given, and assertions no one can vouch for. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { CLAIM_LIMITS, CLAIM_WEIGHTS, OPPOSITES } from '../../kit/detect/claims/compare.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { TRUTH_CALIBRATION as calibration } from './calibration.ts';
import { claimFindings, RELATIONS } from './claim-findings.ts';

function judge({ decision }: EvaluationInput): readonly Finding[] | null {
  const findings = claimFindings(decision);
  return findings.length > 0 || decision.request.claims?.length ? findings : null;
}

/** The seat of verification and fact-checking (COU-03). */
export const truthSeat: SeatPlan = {
  seat: SeatId.parse('truth'),
  title: 'Truth',
  mandate: 'Compares what is claimed with the evidence given and marks what cannot be verified.',
  evaluators: [
    ruleEvaluator({
      id: 'truth/claims',
      version: '1.0.0',
      kind: 'rules',
      rules: [RELATIONS, CLAIM_WEIGHTS, CLAIM_LIMITS, OPPOSITES],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
