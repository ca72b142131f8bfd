/** Finds requests for harm in one text. */
import { CATALOGUE, taggedReadingsOf } from '../catalogue.ts';
import type { Finding } from '../finding.ts';
import { rememberLatest } from '../latest-texts.ts';
import { RuleSet } from '../rule-set.ts';
import { HARM_RULES } from './rules.ts';

const rules = new RuleSet(HARM_RULES, CATALOGUE);

/** Findings `harm.*` of a text, strongest first. Pure; linear in the text's length. */
export function detectHarm(text: string): readonly Finding[] {
  return judge(text, 'harm');
}

const judge = rememberLatest((text: string, _variant: 'harm') => rules.judge(taggedReadingsOf(text)));
