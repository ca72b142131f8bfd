/**
 * Seat Alignment: goals and values; deception, power seeking, evaded oversight, replaced goals, harm as a
 * goal.
 */
import { SeatId } from '../../../contracts/messages/ids.ts';
import { detectMisalignment } from '../../kit/detect/alignment/detect.ts';
import { ALIGNMENT_RULES } from '../../kit/detect/alignment/rules.ts';
import { LEXICA } from '../../kit/detect/catalogue.ts';
import { detectHarm } from '../../kit/detect/harm/detect.ts';
import { HARM_RULES } from '../../kit/detect/harm/rules.ts';
import { detectInjection } from '../../kit/detect/injection/detect.ts';
import { INJECTION_RULES } from '../../kit/detect/injection/rules.ts';
import { ruleEvaluator } from '../../kit/detect/record/rule-evaluator.ts';
import { segmentFindings } from '../../kit/detect/segment-findings.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { segmentsOf } from '../../kit/segments.ts';
import { ALIGNMENT_CALIBRATION as calibration, CRITICAL } from './calibration.ts';

/** Attacks that replace the assistant's goals or values; plain theft of secrets is Security's. */
const GOAL_CODES = [
  'injection.override',
  'injection.persona',
  'injection.no-refusal',
  'injection.memory',
  'injection.covert',
  'injection.virtualization',
];

/** The seat of goal and value alignment (COU-11). */
export const alignmentSeat: SeatPlan = {
  seat: SeatId.parse('alignment'),
  title: 'Alignment',
  mandate:
    'Keeps the goals of AI systems with human values: no deception, power seeking or escape from oversight.',
  evaluators: [
    ruleEvaluator({
      id: 'alignment/goals',
      version: '1.0.0',
      kind: 'rules',
      rules: [ALIGNMENT_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectMisalignment, { seat: 'alignment', critical: CRITICAL }),
    }),
    ruleEvaluator({
      id: 'alignment/goal-override',
      version: '1.0.0',
      kind: 'rules',
      rules: [INJECTION_RULES, GOAL_CODES, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectInjection, {
          seat: 'alignment',
          critical: CRITICAL,
          codes: GOAL_CODES,
        }),
    }),
    ruleEvaluator({
      id: 'alignment/harmful-goal',
      version: '1.0.0',
      kind: 'rules',
      rules: [HARM_RULES, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectHarm, { seat: 'alignment', critical: CRITICAL }),
    }),
  ],
  isApplicable: (decision) => segmentsOf(decision).length > 0,
  calibration,
};
