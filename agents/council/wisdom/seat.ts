/** Seat Wisdom: stakes, reversibility, autonomy, proportion and harm against benefit. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { ETHICS_RULES } from '../../kit/detect/disclosure/ethics.ts';
import { ruleOf } from '../../kit/detect/record/demands.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { textFindings } from '../../kit/detect/record/text-rules.ts';
import type { SeatCalibration, SeatPlan } from '../../kit/seat-plan.ts';
import { STAKES_SCORES, stakesFindings } from './stakes.ts';

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_848,
  findingConfidenceBp: { wisdom: 9_000 },
  vetoCodes: [],
};

function judge(input: EvaluationInput): readonly Finding[] | null {
  const findings = [...textFindings(input.decision, ETHICS_RULES), ...stakesFindings(input)];
  return findings.length > 0 || ruleOf(input.decision).highStakes ? findings : null;
}

/** The seat of ethical decision-making (COU-05). */
export const wisdomSeat: SeatPlan = {
  seat: SeatId.parse('wisdom'),
  title: 'Wisdom',
  mandate:
    'Weighs a decision against ethical principles: stakes, reversibility, autonomy, proportion, interests.',
  evaluators: [
    ruleEvaluator({
      id: 'wisdom/ethics',
      version: '1.0.0',
      kind: 'rules',
      rules: [ETHICS_RULES, STAKES_SCORES],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
