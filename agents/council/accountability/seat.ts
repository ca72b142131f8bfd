/** Seat Accountability: who decided, why, who reviewed and under which policy. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { demandsAny } from '../../kit/detect/record/demands.ts';
import { RECORD_KEYS } from '../../kit/detect/record/facts.ts';
import { RECORD_SCORES, recordFindings } from '../../kit/detect/record/record-findings.ts';
import type { RecordTitles } from '../../kit/detect/record/record-findings.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import type { SeatCalibration, SeatPlan } from '../../kit/seat-plan.ts';

const TITLES: RecordTitles = {
  operator: 'The person or body responsible for the decision',
  reason: 'The reason for the decision',
  reviewer: 'A human reviewer',
  policy: 'The policy that the decision follows',
  authorisation: 'The authorisation of the transaction',
};

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_848,
  findingConfidenceBp: { accountability: 9_000 },
  vetoCodes: [],
};

function judge(input: EvaluationInput): readonly Finding[] | null {
  if (!demandsAny(input.decision, ['operator', 'reason', 'reviewer', 'policy', 'authorisation'])) return null;
  return recordFindings('accountability', TITLES, input);
}

/** The seat of audit and responsibility (COU-08). */
export const accountabilitySeat: SeatPlan = {
  seat: SeatId.parse('accountability'),
  title: 'Accountability',
  mandate: 'Sees that who decided, why, who reviewed it and under which policy stand on the record.',
  evaluators: [
    ruleEvaluator({
      id: 'accountability/record',
      version: '1.0.0',
      kind: 'record',
      rules: [TITLES, RECORD_KEYS, RECORD_SCORES],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
