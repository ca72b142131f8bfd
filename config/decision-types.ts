/** Which records each type of decision demands, as data; the record seats judge by this table. */

/** Name of a record that a type may demand. */
export type RecordName =
  | 'operator'
  | 'reason'
  | 'reviewer'
  | 'policy'
  | 'disclosure'
  | 'limits'
  | 'appeal'
  | 'adverse-reasons'
  | 'consent'
  | 'purpose'
  | 'recipient'
  | 'human-oversight'
  | 'rollback'
  | 'test'
  | 'monitoring'
  | 'baseline'
  | 'authorisation';

/** Sector whose regulation applies. */
export type Sector =
  | 'credit'
  | 'employment'
  | 'health'
  | 'benefits'
  | 'insurance'
  | 'housing'
  | 'education'
  | 'justice'
  | 'migration'
  | 'data'
  | 'operations'
  | 'content'
  | 'conversation'
  | 'general';

/** What one type of decision demands. */
export interface DecisionTypeRule {
  /** Names of the type, lower case; a submitted type matches by whole name or by any of its words. */
  readonly names: readonly string[];
  readonly sector: Sector;
  /**
   * High-risk use in the sense of Regulation (EU) 2024/1689, Annex III, or comparable stakes for a person.
   */
  readonly highStakes: boolean;
  /** Missing: the decision cannot be answered for. */
  readonly must: readonly RecordName[];
  /** Additionally demanded when the outcome is adverse to a person. */
  readonly mustIfAdverse: readonly RecordName[];
  /** Missing: a weakness that is reported and lowers the score a little. */
  readonly should: readonly RecordName[];
}

const PERSON_MUST: readonly RecordName[] = [
  'operator',
  'reason',
  'reviewer',
  'policy',
  'human-oversight',
  'disclosure',
];
const PERSON_ADVERSE: readonly RecordName[] = ['adverse-reasons', 'appeal'];

function person(
  sector: Sector,
  names: readonly string[],
  extra: readonly RecordName[] = [],
): DecisionTypeRule {
  return {
    names,
    sector,
    highStakes: true,
    must: [...PERSON_MUST, ...extra],
    mustIfAdverse: PERSON_ADVERSE,
    should: ['limits', 'monitoring', 'baseline'],
  };
}

function plain(sector: Sector, names: readonly string[]): DecisionTypeRule {
  return { names, sector, highStakes: false, must: [], mustIfAdverse: [], should: [] };
}

/** Known types, most particular first. */
export const DECISION_TYPES: readonly DecisionTypeRule[] = [
  person('credit', [
    'loan',
    'credit',
    'mortgage',
    'lending',
    'underwriting',
    'creditworthiness',
    'overdraft',
  ]),
  person('employment', [
    'hiring',
    'hire',
    'recruitment',
    'recruiting',
    'screening',
    'promotion',
    'termination',
    'dismissal',
    'employment',
    'candidate',
    'applicant',
    'workforce',
  ]),
  person(
    'health',
    [
      'medication',
      'prescription',
      'dosage',
      'diagnosis',
      'treatment',
      'triage',
      'medical',
      'clinical',
      'health',
      'patient',
    ],
    ['limits'],
  ),
  person('benefits', [
    'benefits',
    'benefit',
    'welfare',
    'social-security',
    'housing-benefit',
    'entitlement',
    'pension',
  ]),
  person('insurance', ['insurance', 'claim', 'claims', 'premium', 'payout']),
  person('housing', ['tenancy', 'tenant-screening', 'rental', 'housing', 'eviction']),
  person('education', ['admission', 'admissions', 'grading', 'exam', 'proctoring', 'scholarship']),
  person('justice', ['parole', 'bail', 'sentencing', 'recidivism', 'policing', 'law-enforcement']),
  person('migration', ['visa', 'asylum', 'immigration', 'border']),
  {
    names: [
      'data-disclosure',
      'disclosure',
      'data-export',
      'data-sharing',
      'data-transfer',
      'export',
      'email-send',
    ],
    sector: 'data',
    highStakes: false,
    must: ['operator', 'purpose', 'recipient', 'consent'],
    mustIfAdverse: [],
    should: ['policy', 'reviewer'],
  },
  {
    names: [
      'deployment',
      'deploy',
      'release',
      'model-change',
      'model-update',
      'config-change',
      'change',
      'rollout',
      'migration',
    ],
    sector: 'operations',
    highStakes: false,
    must: ['operator', 'reason', 'rollback', 'test'],
    mustIfAdverse: [],
    should: ['reviewer', 'monitoring', 'baseline', 'policy'],
  },
  {
    names: ['payment', 'transfer', 'trade', 'purchase', 'refund', 'wire'],
    sector: 'operations',
    highStakes: false,
    must: ['operator', 'authorisation'],
    mustIfAdverse: [],
    should: ['reason', 'policy'],
  },
  {
    names: ['content-moderation', 'moderation', 'takedown', 'account-suspension', 'ban', 'suspension'],
    sector: 'content',
    highStakes: false,
    must: ['policy'],
    mustIfAdverse: ['reason', 'appeal'],
    should: ['operator', 'disclosure'],
  },
  {
    names: ['tool-call', 'tool', 'function-call', 'command', 'shell', 'code-execution', 'action'],
    sector: 'operations',
    highStakes: false,
    must: [],
    mustIfAdverse: [],
    should: [],
  },
  plain('conversation', [
    'chat',
    'message',
    'completion',
    'prompt',
    'question',
    'conversation',
    'text',
    'answer',
    'summary',
    'translation',
    'search',
    'assistant',
    'output',
    'input',
    'generation',
    'code',
  ]),
];

/** What an unknown type demands: nothing is refused for its absence, but who and why are asked for. */
export const DEFAULT_DECISION_TYPE: DecisionTypeRule = {
  names: [],
  sector: 'general',
  highStakes: false,
  must: [],
  mustIfAdverse: ['reason'],
  should: ['operator', 'reason'],
};

const byName = new Map<string, DecisionTypeRule>();
for (const rule of DECISION_TYPES)
  for (const name of rule.names) if (!byName.has(name)) byName.set(name, rule);

/**
 * Rule of a submitted type: whole name, then its longest known run of words, else the default.
 *
 * Of equal runs the later one counts: the head of an English compound stands last, so `health-chat` is a
 * conversation and `chat-moderation` is not.
 */
export function decisionTypeRule(type: string): DecisionTypeRule {
  const name = type.toLowerCase().replaceAll(/[._]/g, '-');
  const whole = byName.get(name);
  if (whole) return whole;
  const words = name.split('-').filter((word) => word.length > 0);
  for (let length = words.length - 1; length > 0; length -= 1) {
    for (let start = words.length - length; start >= 0; start -= 1) {
      const rule = byName.get(words.slice(start, start + length).join('-'));
      if (rule) return rule;
    }
  }
  return DEFAULT_DECISION_TYPE;
}
