/** Seat Guardian: overall safety; harm to people, dangerous actions, attacks on the system itself. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import { LEXICA } from '../../kit/detect/catalogue.ts';
import { exceededLimits } from '../../kit/detect/dangerous-action/context.ts';
import { detectDangerousAction } from '../../kit/detect/dangerous-action/detect.ts';
import { DANGEROUS_PATTERNS } from '../../kit/detect/dangerous-action/patterns.ts';
import { SWEEPING_RULES } from '../../kit/detect/dangerous-action/rules.ts';
import { detectHarm } from '../../kit/detect/harm/detect.ts';
import { HARM_RULES } from '../../kit/detect/harm/rules.ts';
import { detectInjection } from '../../kit/detect/injection/detect.ts';
import { INJECTION_RULES } from '../../kit/detect/injection/rules.ts';
import { ruleEvaluator } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { segmentFindings } from '../../kit/detect/segment-findings.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { CRITICAL, GUARDIAN_CALIBRATION as calibration } from './calibration.ts';

function limitFindings(decision: Decision): readonly Finding[] {
  return exceededLimits(decision).map(({ code, severity, field, reason }) => ({
    code: `guardian.${code}`,
    scoreBp: Math.round(10_000 * (1 - severity)),
    reason: `In the context ${reason} (${field}).`,
    basis: 'asserted',
    critical: true,
  }));
}

/** The seat of overall safety (COU-02). */
export const guardianSeat: SeatPlan = {
  seat: SeatId.parse('guardian'),
  title: 'Guardian',
  mandate:
    'Looks after overall safety: harm to people, dangerous actions, attacks that would take control away.',
  evaluators: [
    ruleEvaluator({
      id: 'guardian/harm',
      version: '1.0.0',
      kind: 'rules',
      rules: [HARM_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectHarm, { seat: 'guardian', critical: CRITICAL }),
    }),
    ruleEvaluator({
      id: 'guardian/actions',
      version: '1.0.0',
      kind: 'rules',
      rules: [DANGEROUS_PATTERNS, SWEEPING_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) => [
        ...segmentFindings(decision, detectDangerousAction, { seat: 'guardian', critical: CRITICAL }),
        ...limitFindings(decision),
      ],
    }),
    ruleEvaluator({
      id: 'guardian/injection',
      version: '1.0.0',
      kind: 'rules',
      rules: [INJECTION_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectInjection, { seat: 'guardian', critical: CRITICAL }),
    }),
  ],
  isApplicable: () => true,
  calibration,
};
