/** Seat Security: injection, requests for what a system prompt keeps, dangerous commands, attacks on computers. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import { detectDangerousAction } from '../../kit/detect/dangerous-action/detect.ts';
import { DANGEROUS_PATTERNS } from '../../kit/detect/dangerous-action/patterns.ts';
import { SWEEPING_RULES } from '../../kit/detect/dangerous-action/rules.ts';
import { detectHarm } from '../../kit/detect/harm/detect.ts';
import { HARM_RULES } from '../../kit/detect/harm/rules.ts';
import { detectInjection } from '../../kit/detect/injection/detect.ts';
import { INJECTION_RULES } from '../../kit/detect/injection/rules.ts';
import { LEXICA } from '../../kit/detect/catalogue.ts';
import { scopeFindings } from '../../kit/detect/scope/detect.ts';
import { SCOPE_RULES } from '../../kit/detect/scope/rules.ts';
import { ruleEvaluator } from '../../kit/detect/record/rule-evaluator.ts';
import { segmentFindings } from '../../kit/detect/segment-findings.ts';
import type { SeatPlan } from '../../kit/seat-plan.ts';
import { segmentsOf } from '../../kit/segments.ts';
import { CRITICAL, SECURITY_CALIBRATION as calibration } from './calibration.ts';

/** The seat of threat detection and prevention (COU-10). */
export const securitySeat: SeatPlan = {
  seat: SeatId.parse('security'),
  title: 'Security',
  mandate:
    'Finds attempts to turn a system against its owners: injection, theft of secrets, destructive commands.',
  evaluators: [
    ruleEvaluator({
      id: 'security/injection',
      version: '1.0.0',
      kind: 'rules',
      rules: [INJECTION_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectInjection, { seat: 'security', critical: CRITICAL }),
    }),
    ruleEvaluator({
      id: 'security/scope',
      version: '1.0.0',
      kind: 'rules',
      rules: [SCOPE_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) => scopeFindings(decision, { seat: 'security', critical: CRITICAL }),
    }),
    ruleEvaluator({
      id: 'security/actions',
      version: '1.0.0',
      kind: 'rules',
      rules: [DANGEROUS_PATTERNS, SWEEPING_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectDangerousAction, { seat: 'security', critical: CRITICAL }),
    }),
    ruleEvaluator({
      id: 'security/attacks',
      version: '1.0.0',
      kind: 'rules',
      rules: [HARM_RULES, LEXICA, CRITICAL],
      calibration,
      judge: ({ decision }) =>
        segmentFindings(decision, detectHarm, {
          seat: 'security',
          critical: CRITICAL,
          codes: ['harm.cyber', 'harm.theft'],
        }),
    }),
  ],
  isApplicable: (decision) => segmentsOf(decision).length > 0,
  calibration,
};
