/** Seat Wisdom: stakes, reversibility, autonomy, proportion and harm against benefit. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { ETHICS_RULES } from '../../kit/detect/disclosure/ethics.ts';
import { recordStates, ruleOf } from '../../kit/detect/record/demands.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { textFindings } from '../../kit/detect/record/text-rules.ts';
import type { SeatCalibration, SeatPlan } from '../../kit/seat-plan.ts';

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_900,
  findingConfidenceBp: { wisdom: 9_000 },
  vetoCodes: [],
};

function judge(input: EvaluationInput): readonly Finding[] | null {
  const findings = [...textFindings(input.decision, ETHICS_RULES)];
  const highStakes = ruleOf(input.decision).highStakes;
  if (highStakes) {
    const oversight = recordStates(input, ['human-oversight'])[0];
    if (oversight && (oversight.state === 'missing' || oversight.state === 'denied')) {
      findings.push({
        code: 'wisdom.stakes-without-oversight',
        scoreBp: 1_000,
        reason: 'The decision weighs heavily on a person and no human being is named who can stop or change it.',
        basis: 'attested',
        critical: true,
      });
    }
  }
  return highStakes || findings.length > 0 ? findings : null;
}

/** The seat of ethical decision-making (COU-05). */
export const wisdomSeat: SeatPlan = {
  seat: SeatId.parse('wisdom'),
  title: 'Wisdom',
  mandate: 'Weighs a decision against ethical principles: stakes, reversibility, autonomy, proportion, interests.',
  evaluators: [
    ruleEvaluator({ id: 'wisdom/ethics', version: '1.0.0', kind: 'rules', rules: [ETHICS_RULES], calibration, judge }),
  ],
  isApplicable: touches(judge),
  calibration,
};
