/** Seat Innovation: how well the change is prepared, and what would make the decision better next time. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { demandsAny } from '../../kit/detect/record/demands.ts';
import { RECORD_SCORES, recordFindings } from '../../kit/detect/record/record-findings.ts';
import type { RecordTitles } from '../../kit/detect/record/record-findings.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import type { SeatCalibration, SeatPlan } from '../../kit/seat-plan.ts';

const TITLES: RecordTitles = {
  test: 'A test of the change before it is made',
  rollback: 'A way back',
  monitoring: 'Monitoring of the effect',
  baseline: 'A baseline to compare with',
};

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_848,
  findingConfidenceBp: { innovation: 9_000 },
  vetoCodes: [],
};

function judge(input: EvaluationInput): readonly Finding[] | null {
  const findings = [...recordFindings('innovation', TITLES, input)];
  if (input.decision.request.retryOf !== undefined) {
    findings.push({
      code: 'innovation.repeated-attempt',
      scoreBp: 6_000,
      reason: 'This is another attempt at an earlier decision; say what changed since then.',
      basis: 'content',
    });
  }
  return findings.length > 0 || demandsAny(input.decision, ['test', 'rollback']) ? findings : null;
}

/** The seat of continuous improvement (COU-13). */
export const innovationSeat: SeatPlan = {
  seat: SeatId.parse('innovation'),
  title: 'Innovation',
  mandate: 'Looks for improvement: changes come with a test, a way back, a baseline and monitoring.',
  evaluators: [
    ruleEvaluator({
      id: 'innovation/process',
      version: '1.0.0',
      kind: 'record',
      rules: [TITLES, RECORD_SCORES],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
