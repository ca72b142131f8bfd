/** Rules over the texts of a decision: a wording, a code and a score each. */
import type { Decision, Origin } from '../../../../contracts/messages/decision.ts';
import type { Span } from '../../../../contracts/messages/evidence.ts';
import { segmentsOf } from '../../segments.ts';
import type { Finding } from './rule-evaluator.ts';

/** One wording that is evidence by itself. */
export interface TextRule {
  readonly code: string;
  readonly scoreBp: number;
  readonly reason: string;
  /** Linear in the text: no nested repetition. Not global, not sticky. */
  readonly wording: RegExp;
  /** The finding falls when this stands within 60 characters before or 120 after the wording. */
  readonly unless?: RegExp;
  /** Decision types (words of the name) in which the wording is no finding. */
  readonly origins?: readonly Origin[];
  readonly critical?: boolean;
}

const TEXT_LIMIT = 50_000;

const memo = new WeakMap<Decision, Map<readonly TextRule[], readonly Finding[]>>();

/**
 * Findings of all rules over all texts of the decision, at most one per rule and text; memoised per table.
 */
export function textFindings(decision: Decision, rules: readonly TextRule[]): readonly Finding[] {
  let known = memo.get(decision);
  if (!known) memo.set(decision, (known = new Map()));
  let findings = known.get(rules);
  if (!findings) known.set(rules, (findings = findAll(decision, rules)));
  return findings;
}

function findAll(decision: Decision, rules: readonly TextRule[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { field, origin, text } of segmentsOf(decision)) {
    const read = text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text;
    for (const rule of rules) {
      if (rule.origins && !rule.origins.includes(origin)) continue;
      const finding = findingIn(rule, field, read);
      if (finding) findings.push(finding);
    }
  }
  return findings;
}

function findingIn(rule: TextRule, field: string, text: string): Finding | null {
  const match = rule.wording.exec(text);
  if (!match) return null;
  const end = match.index + match[0].length;
  if (rule.unless?.test(text.slice(Math.max(0, match.index - 60), end + 120))) return null;
  const span: Span = { field: field.slice(0, 300), start: match.index, end, label: rule.code.slice(0, 80) };
  return {
    code: rule.code,
    scoreBp: rule.scoreBp,
    reason: rule.reason,
    basis: 'content',
    spans: [span],
    critical: rule.critical ?? false,
  };
}
