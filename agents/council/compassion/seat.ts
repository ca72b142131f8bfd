/** Seat Compassion: recognises people in distress and hands them on to people. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import { LEXICA } from '../../kit/detect/catalogue.ts';
import { detectDistress } from '../../kit/detect/distress/detect.ts';
import { handOffReasons, handOffText } from '../../kit/detect/distress/hand-off.ts';
import { DISTRESS_RULES } from '../../kit/detect/distress/rules.ts';
import { ruleEvaluator } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { segmentFindings } from '../../kit/detect/segment-findings.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { segmentsOf } from '../../kit/segments.ts';
import { COMPASSION_CALIBRATION as calibration, CRITICAL } from './calibration.ts';

/** The hand-off text travels as reasons of the evidence, whatever the council decides. */
function withHandOff(findings: readonly Finding[]): readonly Finding[] {
  const first = findings[0];
  if (!first) return findings;
  return [...findings, ...handOffReasons.map((reason) => ({ ...first, reason, spans: [], critical: false }))];
}

/** The seat of mental health and crisis support (COU-06). */
export const compassionSeat: SeatPlan = {
  seat: SeatId.parse('compassion'),
  title: 'Compassion',
  mandate:
    'Recognises people in distress and sees that a human being and a help line are within their reach.',
  evaluators: [
    ruleEvaluator({
      id: 'compassion/distress',
      version: '1.0.0',
      kind: 'rules',
      rules: [DISTRESS_RULES, LEXICA, handOffText, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        withHandOff(segmentFindings(decision, detectDistress, { seat: 'compassion', critical: CRITICAL })),
    }),
  ],
  isApplicable: (decision) => segmentsOf(decision).length > 0,
  calibration,
};
