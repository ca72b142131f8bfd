/** Finds goals at odds with human control in one text. */
import { CATALOGUE, taggedReadingsOf } from '../catalogue.ts';
import type { Finding } from '../finding.ts';
import { RuleSet } from '../rule-set.ts';
import { ALIGNMENT_RULES } from './rules.ts';

const rules = new RuleSet(ALIGNMENT_RULES, CATALOGUE);

/** Findings (`oversight-evasion`, `self-preservation` …) of a text, strongest first. Pure; linear. */
export function detectMisalignment(text: string): readonly Finding[] {
  return rules.judge(taggedReadingsOf(text));
}
