/** Finds requests for harm in one text. */
import { CATALOGUE, taggedReadingsOf } from '../catalogue.ts';
import type { Finding } from '../finding.ts';
import { RuleSet } from '../rule-set.ts';
import { HARM_RULES } from './rules.ts';

const rules = new RuleSet(HARM_RULES, CATALOGUE);

/** Findings `harm.*` of a text, strongest first. Pure; linear in the text's length. */
export function detectHarm(text: string): readonly Finding[] {
  return rules.judge(taggedReadingsOf(text));
}
