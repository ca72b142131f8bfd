/** Findings from the structured context: attributes in use and outcomes by group. */
import type { Decision } from '../../../contracts/messages/decision.ts';
import { attributeUses } from '../../kit/detect/fairness/attributes.ts';
import { disparityOf, FOUR_FIFTHS, readGroups } from '../../kit/detect/fairness/group-outcomes.ts';
import { ruleOf } from '../../kit/detect/record/demands.ts';
import { contextEntries } from '../../kit/detect/record/facts.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';

/** Scores of the structured findings, basis points. */
export const JUSTICE_SCORES = {
  protectedCriterion: 500,
  proxyCriterion: 3_000,
  protectedFeature: 8_000,
  disparity: 1_000,
  disparityUncertain: 5_500,
  significance: 0.05,
} as const;

const GROUP_KEYS = new Set([
  'groups',
  'groupoutcomes',
  'outcomesbygroup',
  'selectionrates',
  'bygroup',
  'cohorts',
]);

/** Protected attributes and proxies that the decision uses; only where it is about a person's chances. */
export function attributeFindings(decision: Decision): readonly Finding[] {
  if (!ruleOf(decision).highStakes) return [];
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const { attribute, proxy, path, as } of attributeUses(decision)) {
    if (as === 'feature' && proxy) continue;
    const key = `${attribute} ${as}`;
    if (seen.has(key)) continue;
    seen.add(key);
    findings.push(attributeFinding(attribute, { proxy, path, as }));
  }
  return findings;
}

/** Selection rates by group: four-fifths rule with an exact test. */
export function outcomeFindings(decision: Decision): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { key, path, value } of contextEntries(decision)) {
    if (!GROUP_KEYS.has(key)) continue;
    const groups = readGroups(value);
    const disparity = groups && disparityOf(groups);
    if (!disparity || disparity.ratio >= FOUR_FIFTHS) continue;
    const sure = disparity.probability < JUSTICE_SCORES.significance;
    findings.push({
      code: sure ? 'justice.disparate-impact' : 'justice.disparity-uncertain',
      scoreBp: sure ? JUSTICE_SCORES.disparity : JUSTICE_SCORES.disparityUncertain,
      reason:
        `${path}: ${disparity.low.group} is selected ${disparity.ratio.toFixed(2)} times as often as ` +
        `${disparity.high.group} (four-fifths rule: 0.80; p = ${disparity.probability.toPrecision(2)}).`,
      basis: 'asserted',
      critical: sure,
    });
  }
  return findings;
}

function attributeFinding(
  attribute: string,
  { proxy, path, as }: { proxy: boolean; path: string; as: 'criterion' | 'feature' },
): Finding {
  if (as === 'feature') {
    return {
      code: 'justice.protected-feature',
      scoreBp: JUSTICE_SCORES.protectedFeature,
      reason:
        `${attribute} is handed to the decision (${path}); with another value the outcome ` +
        `should be the same.`,
      basis: 'asserted',
    };
  }
  return {
    code: proxy ? 'justice.proxy-criterion' : 'justice.protected-criterion',
    scoreBp: proxy ? JUSTICE_SCORES.proxyCriterion : JUSTICE_SCORES.protectedCriterion,
    reason: proxy
      ? `${path} decides by ${attribute}, which is known to stand in for a protected attribute.`
      : `${path} decides by ${attribute}; were it another, the outcome would be another.`,
    basis: 'asserted',
    critical: !proxy,
  };
}
