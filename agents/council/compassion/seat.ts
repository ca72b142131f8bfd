/** Seat Compassion: recognises people in distress and hands them on to people. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import { LEXICA } from '../../kit/detect/catalogue.ts';
import { detectDistress } from '../../kit/detect/distress/detect.ts';
import { handOffText } from '../../kit/detect/distress/hand-off.ts';
import { DISTRESS_RULES } from '../../kit/detect/distress/rules.ts';
import { ruleEvaluator } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { segmentFindings } from '../../kit/detect/segment-findings.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { segmentsOf } from '../../kit/segments.ts';
import { COMPASSION_CALIBRATION as calibration, CRITICAL } from './calibration.ts';

/** A reason holds 500 characters; the whole text stays in `handOffText`. */
const REASON_LENGTH = 490;

function withHandOff(findings: readonly Finding[]): readonly Finding[] {
  const first = findings[0];
  if (!first) return findings;
  const text = { ...first, code: first.code, scoreBp: first.scoreBp, reason: handOffText.slice(0, REASON_LENGTH) };
  return [...findings, { ...text, critical: false }];
}

/** The seat of mental health and crisis support (COU-06). */
export const compassionSeat: SeatPlan = {
  seat: SeatId.parse('compassion'),
  title: 'Compassion',
  mandate: 'Recognises people in distress and sees that a human being and a help line are within their reach.',
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
