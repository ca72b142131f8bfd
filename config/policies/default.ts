/** The rule set that a node starts with: what is never allowed, and what a person must see. */
import type { PolicyBundle } from './rule.ts';

/**
 * Uses that are refused whatever their content, decisions about a person that a person must see, and actions
 * that cannot be undone. Everything else is allowed, which never skips the checks.
 * @source Regulation (EU) 2024/1689, Articles 5 (prohibited practices) and 14; Regulation (EU) 2016/679,
 * Article 22
 */
export const DEFAULT_POLICY: PolicyBundle = {
  constitution: 'witan-default',
  principles: [
    'Do no harm that cannot be undone.',
    'A person answers for every decision about a person.',
    'Say what is known, what is not, and that a machine takes part.',
    'When in doubt, hold and ask.',
  ],
  rules: [
    {
      id: 'prohibited-practice',
      effect: 'deny',
      when: [
        {
          field: 'type',
          operator: 'in',
          values: [
            'social-scoring',
            'subliminal-manipulation',
            'emotion-recognition-workplace',
            'biometric-categorisation',
            'untargeted-face-scraping',
            'predictive-policing-individual',
          ],
        },
      ],
      reason: 'This use of AI is a prohibited practice.',
    },
    {
      id: 'weapon-release',
      effect: 'deny',
      when: [{ field: 'type', operator: 'in', values: ['weapon-release', 'lethal-force'] }],
      reason: 'No machine decides on lethal force.',
    },
    {
      id: 'emergency-stop',
      effect: 'deny',
      when: [{ field: 'context.emergency_stop', operator: 'equals', value: true }],
      reason: 'The operator has called an emergency stop.',
    },
    {
      id: 'critical-without-person',
      effect: 'needs-review',
      when: [
        { field: 'risk_level', operator: 'risk-at-least', value: 'critical' },
        { field: 'context.reviewer', operator: 'absent' },
      ],
      reason: 'A critical decision names the person who reviewed it.',
    },
    {
      id: 'irreversible-without-approval',
      effect: 'needs-review',
      when: [
        { field: 'context.irreversible', operator: 'equals', value: true },
        { field: 'context.approved_by', operator: 'absent' },
      ],
      reason: 'An action that cannot be undone needs the approval of a person.',
    },
    {
      id: 'large-payment-without-approval',
      effect: 'needs-review',
      when: [
        { field: 'type', operator: 'in', values: ['payment', 'transfer', 'trade'] },
        { field: 'context.amount', operator: 'at-least', value: 10_000 },
        { field: 'context.approved_by', operator: 'absent' },
      ],
      reason: 'A payment of 10,000 or more needs the approval of a person.',
    },
    {
      id: 'medication-without-clinician',
      effect: 'needs-review',
      when: [
        { field: 'type', operator: 'in', values: ['medication', 'diagnosis', 'treatment'] },
        { field: 'context.clinician', operator: 'absent' },
        { field: 'context.reviewer', operator: 'absent' },
      ],
      reason: 'A clinician answers for a medical decision.',
    },
    { id: 'otherwise', effect: 'allow', when: [], reason: 'No rule stands against it.' },
  ],
};
