/** Recognises distress in one text. */
import type { Origin } from '../../../../contracts/messages/decision.ts';
import { CATALOGUE, taggedReadingsOf } from '../catalogue.ts';
import type { Finding } from '../finding.ts';
import { RuleSet } from '../rule-set.ts';
import { DISTRESS_RULES } from './rules.ts';

const rules = new RuleSet(DISTRESS_RULES, CATALOGUE);

/**
 * Findings `distress.*` of what a person wrote, strongest first; texts of tools and systems are not cries
 * for help.
 */
export function detectDistress(text: string, origin: Origin = 'user'): readonly Finding[] {
  return origin === 'user' ? rules.judge(taggedReadingsOf(text).slice(0, 2)) : [];
}
