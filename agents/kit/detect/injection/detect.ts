/** Finds prompt injection in one text. */
import type { Origin } from '../../../../contracts/messages/decision.ts';
import { CATALOGUE, taggedReadingsOf } from '../catalogue.ts';
import type { Finding } from '../finding.ts';
import { rememberLatest } from '../latest-texts.ts';
import { RuleSet } from '../rule-set.ts';
import { INDIRECT_RULES, INJECTION_RULES } from './rules.ts';
import { leakSignals, shapeSignals } from './shape.ts';

const rules = new RuleSet(INJECTION_RULES, CATALOGUE);
const indirect = new RuleSet(INDIRECT_RULES, CATALOGUE);

/**
 * Text that was fetched has no business to give orders; the operator's own system text gives nothing else.
 */
const ORIGIN_WEIGHT: Readonly<Record<Origin, number>> = {
  user: 0,
  assistant: 0,
  system: -8,
  tool: 1.5,
  retrieved: 1.5,
};

/** Findings `injection.*` of a text, strongest first. Pure; linear in the text's length. */
export function detectInjection(text: string, origin: Origin = 'user'): readonly Finding[] {
  return judge(text, origin);
}

const judge = rememberLatest((text: string, origin: Origin): readonly Finding[] => {
  const weight = ORIGIN_WEIGHT[origin];
  const readings = taggedReadingsOf(text);
  const findings = rules.judge(readings, [
    ...shapeSignals(text),
    ...readings.flatMap(({ tokens }) => leakSignals(tokens.view, text)),
  ]);
  if (weight === 0) return findings;
  const shifted = findings.map((finding) => ({ ...finding, severity: shift(finding.severity, weight) }));
  if (weight < 0) return shifted;
  return [...shifted, ...indirect.judge(readings)].sort((a, b) => b.severity - a.severity);
});

function shift(severity: number, weight: number): number {
  const bounded = Math.min(0.999_999, Math.max(0.000_001, severity));
  return 1 / (1 + ((1 - bounded) / bounded) * Math.exp(-weight));
}
