/** Seat Governance: law and policy by type of decision. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { PROHIBITED_PRACTICES, SECTOR_PRACTICES } from '../../kit/detect/disclosure/practices.ts';
import { demandsAny } from '../../kit/detect/record/demands.ts';
import { RECORD_SCORES, recordFindings } from '../../kit/detect/record/record-findings.ts';
import type { RecordTitles } from '../../kit/detect/record/record-findings.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { textFindings } from '../../kit/detect/record/text-rules.ts';
import type { SeatCalibration, SeatPlan } from '../../kit/seat-plan.ts';

const TITLES: RecordTitles = {
  'human-oversight': 'Human oversight of a high-risk use (AI Act Art. 14)',
  policy: 'The policy or legal basis',
  'adverse-reasons': 'The notice of adverse action with its reasons (ECOA 12 CFR 1002.9, GDPR Art. 22)',
};
const RECORDS = ['human-oversight', 'policy', 'adverse-reasons'] as const;
const RULES = [...PROHIBITED_PRACTICES, ...SECTOR_PRACTICES];

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_848,
  findingConfidenceBp: { governance: 9_000 },
  vetoCodes: [],
};

function judge(input: EvaluationInput): readonly Finding[] | null {
  const practices = textFindings(input.decision, RULES);
  if (!demandsAny(input.decision, RECORDS)) return practices.length > 0 ? practices : null;
  return [...practices, ...recordFindings('governance', TITLES, input)];
}

/** The seat of policy and compliance (COU-12). */
export const governanceSeat: SeatPlan = {
  seat: SeatId.parse('governance'),
  title: 'Governance',
  mandate:
    'Enforces policy and regulation: prohibited practices, oversight of high-risk uses, duties of ' +
    'the sector.',
  evaluators: [
    ruleEvaluator({
      id: 'governance/regulation',
      version: '1.0.0',
      kind: 'record',
      rules: [TITLES, RULES, RECORD_SCORES],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
