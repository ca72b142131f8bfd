/** Seat Privacy: personal data in what is said and disclosed, and the consent that it rests on. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import { DETECTORS } from '../../kit/detect/personal-data/find.ts';
import { PERSONAL_DATA_KINDS } from '../../kit/detect/personal-data/kinds.ts';
import { RECORD_SCORES } from '../../kit/detect/record/record-findings.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { PRIVACY_CALIBRATION as calibration } from './calibration.ts';
import { EXPOSURE_RULES, judgePrivacy } from './exposure.ts';

/** The seat of data protection (COU-09). */
export const privacySeat: SeatPlan = {
  seat: SeatId.parse('privacy'),
  title: 'Privacy',
  mandate: 'Finds personal data, weighs who it reaches, and asks for the consent or basis it is used on.',
  evaluators: [
    ruleEvaluator({
      id: 'privacy/personal-data',
      version: '1.0.0',
      kind: 'rules',
      rules: [PERSONAL_DATA_KINDS, DETECTORS, RECORD_SCORES, EXPOSURE_RULES],
      calibration,
      judge: judgePrivacy,
    }),
  ],
  isApplicable: touches(judgePrivacy),
  calibration,
};
