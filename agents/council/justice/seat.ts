/** Seat Justice: protected attributes, group outcomes and discriminatory words. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { PROTECTED_ATTRIBUTES, PROXIES } from '../../kit/detect/fairness/attributes.ts';
import { DISCRIMINATION_RULES } from '../../kit/detect/fairness/statements.ts';
import { ruleOf } from '../../kit/detect/record/demands.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { textFindings } from '../../kit/detect/record/text-rules.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { JUSTICE_CALIBRATION as calibration } from './calibration.ts';
import { attributeFindings, JUSTICE_SCORES, outcomeFindings } from './unequal-treatment.ts';

function judge({ decision }: EvaluationInput): readonly Finding[] | null {
  const findings = [
    ...textFindings(decision, DISCRIMINATION_RULES),
    ...attributeFindings(decision),
    ...outcomeFindings(decision),
  ];
  return findings.length > 0 || ruleOf(decision).highStakes ? findings : null;
}

/** The seat of fairness and bias (COU-04). */
export const justiceSeat: SeatPlan = {
  seat: SeatId.parse('justice'),
  title: 'Justice',
  mandate:
    'Identifies discriminatory criteria, outcomes that differ between groups, and words that set a ' +
    'group lower.',
  evaluators: [
    ruleEvaluator({
      id: 'justice/fairness',
      version: '1.0.0',
      kind: 'rules',
      rules: [PROTECTED_ATTRIBUTES, PROXIES, DISCRIMINATION_RULES, JUSTICE_SCORES],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
