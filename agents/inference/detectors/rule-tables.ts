/** Text over all rules that detectors read, for their digests: who changes a rule changes the detector. */
import { CLAIM_WEIGHTS } from '../../kit/detect/claims/compare.ts';
import { LEXICA } from '../../kit/detect/catalogue.ts';
import { DISTRESS_RULES } from '../../kit/detect/distress/rules.ts';
import { DISCRIMINATION_RULES } from '../../kit/detect/fairness/statements.ts';
import { HARM_RULES } from '../../kit/detect/harm/rules.ts';
import { INDIRECT_RULES, INJECTION_RULES } from '../../kit/detect/injection/rules.ts';
import { PERSONAL_DATA_KINDS } from '../../kit/detect/personal-data/index.ts';

/** Rules, lexica and weights as text. */
export const RULE_TABLES: string = JSON.stringify(
  [
    LEXICA,
    INJECTION_RULES,
    INDIRECT_RULES,
    HARM_RULES,
    DISTRESS_RULES,
    DISCRIMINATION_RULES,
    PERSONAL_DATA_KINDS,
    CLAIM_WEIGHTS,
  ],
  (_key, value: unknown) => (value instanceof RegExp ? String(value) : value),
);
