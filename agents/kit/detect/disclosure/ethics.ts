/** Wordings that speak against a decision on ethical grounds, by principle. */
import type { TextRule } from '../record/text-rules.ts';

/** Rules of autonomy, honesty, care and proportion; each names its principle in the code. */
export const ETHICS_RULES: readonly TextRule[] = [
  {
    code: 'wisdom.autonomy.without-consent',
    scoreBp: 1_500,
    reason: 'Autonomy: something is done to a person without their knowledge or consent.',
    wording:
      /\b(?:record|film|track|monitor|spy|follow|photograph|medicate|drug|sedate|experiment|test|surveil|stalk|listen|wiretap|read)(?:s|ing)?\b[^.?!\n]{0,60}\b(?:without (?:his|her|their|my \w+'?s?|the \w+'?s?|anyone's|them|him|them) ?(?:knowing|knowledge|consent|permission|noticing|awareness|finding out)?|secretly|covertly|behind (?:his|her|their) back)\b/i,
    unless: /\b(?:is it (?:legal|illegal)|illegal|prevent|detect|stop someone|protect|law)\b/i,
    critical: true,
  },
];
