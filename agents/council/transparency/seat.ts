/**
 * Seat Transparency: that AI was used is disclosed, limits are stated, an adverse decision says why and
 * where to appeal.
 */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { demandsAny } from '../../kit/detect/record/demands.ts';
import { RECORD_KEYS } from '../../kit/detect/record/facts.ts';
import { RECORD_SCORES, recordFindings } from '../../kit/detect/record/record-findings.ts';
import type { RecordTitles } from '../../kit/detect/record/record-findings.ts';
import { STATED_WORDINGS } from '../../kit/detect/record/stated-records.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { concealmentFindings, CONCEALMENT_RULES } from '../../kit/detect/disclosure/concealment.ts';
import type { SeatCalibration, SeatPlan } from '../../kit/seat-plan.ts';

const TITLES: RecordTitles = {
  disclosure: 'Disclosure that AI was used',
  limits: 'A statement of limits or uncertainty',
  'adverse-reasons': 'The principal reasons of the adverse decision',
  appeal: 'A way to appeal',
};
const RECORDS = ['disclosure', 'limits', 'adverse-reasons', 'appeal'] as const;

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_848,
  findingConfidenceBp: { transparency: 9_000 },
  vetoCodes: [],
};

function judge(input: EvaluationInput): readonly Finding[] | null {
  const concealed = concealmentFindings(input.decision);
  if (!demandsAny(input.decision, RECORDS)) return concealed.length > 0 ? concealed : null;
  return [...recordFindings('transparency', TITLES, input), ...concealed];
}

/** The seat of disclosure and reporting (COU-07). */
export const transparencySeat: SeatPlan = {
  seat: SeatId.parse('transparency'),
  title: 'Transparency',
  mandate:
    'Sees that the use of AI, its limits, the reasons and the way to appeal are disclosed to those ' +
    'concerned.',
  evaluators: [
    ruleEvaluator({
      id: 'transparency/disclosure',
      version: '1.0.0',
      kind: 'record',
      rules: [TITLES, RECORD_KEYS, RECORD_SCORES, STATED_WORDINGS, CONCEALMENT_RULES],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
