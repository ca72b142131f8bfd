/**
 * Findings about what is at stake: oversight, way back, independence of the reviewer, the person's own
 * word.
 */
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { recordStates, ruleOf } from '../../kit/detect/record/demands.ts';
import { contextEntries, factsOf, isDenied, plainKey } from '../../kit/detect/record/facts.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';

/** Scores of the structured findings, basis points. */
export const STAKES_SCORES = {
  withoutOversight: 1_000,
  irreversible: 2_500,
  selfReview: 2_500,
  interest: 3_000,
  fullyAutomated: 2_000,
} as const;

const IRREVERSIBLE = new Set([
  'irreversible',
  'isirreversible',
  'permanent',
  'destructive',
  'cannotbeundone',
]);
const REVERSIBLE = new Set(['reversible', 'isreversible', 'canbeundone', 'undoable']);
const INTEREST = new Set([
  'conflictofinterest',
  'conflictsofinterest',
  'conflict',
  'financialinterest',
  'relatedparty',
]);
const AUTOMATED = new Set([
  'fullyautomated',
  'solelyautomated',
  'nohuman',
  'humanexcluded',
  'autoapprove',
  'autoexecute',
]);

/** Findings from records and context; a high-stakes decision needs a person who can stop it. */
export function stakesFindings(input: EvaluationInput): readonly Finding[] {
  const findings: Finding[] = [];
  const oversight = recordStates(input, ['human-oversight'])[0];
  if (oversight && (oversight.state === 'missing' || oversight.state === 'denied')) {
    findings.push({
      code: 'wisdom.stakes-without-oversight',
      scoreBp: STAKES_SCORES.withoutOversight,
      reason:
        'The decision weighs heavily on a person and no human being is named who can stop or change it.',
      basis: 'attested',
      critical: true,
    });
  }
  for (const { key, path, value } of contextEntries(input.decision)) {
    const finding = contextFinding(key, path, value);
    if (finding && !hasApproval(input, finding.code)) findings.push(finding);
  }
  const same = selfReview(input);
  return same ? [...findings, same] : findings;
}

function contextFinding(key: string, path: string, value: unknown): Finding | null {
  const asserted = { basis: 'asserted' } as const;
  if ((IRREVERSIBLE.has(key) && value === true) || (REVERSIBLE.has(key) && value === false)) {
    const reason = `${path} says that the step cannot be undone, and nobody has approved it.`;
    return { ...asserted, code: 'wisdom.irreversible', scoreBp: STAKES_SCORES.irreversible, reason };
  }
  if (INTEREST.has(key) && !isDenied(value)) {
    const reason = `${path} names an interest of the one who decides.`;
    return { ...asserted, code: 'wisdom.conflict-of-interest', scoreBp: STAKES_SCORES.interest, reason };
  }
  if (AUTOMATED.has(key) && value === true) {
    const reason = `${path} says that no human being takes part.`;
    return { ...asserted, code: 'wisdom.fully-automated', scoreBp: STAKES_SCORES.fullyAutomated, reason };
  }
  return null;
}

/** An approval answers irreversibility and automation, never an interest. */
function hasApproval(input: EvaluationInput, code: string): boolean {
  if (code === 'wisdom.conflict-of-interest') return false;
  const records =
    code === 'wisdom.irreversible' ? (['authorisation', 'reviewer'] as const) : (['reviewer'] as const);
  return records.some((record) => factsOf(input, record).some((fact) => !fact.denied));
}

/** The same person decides and reviews. */
function selfReview(input: EvaluationInput): Finding | null {
  if (!ruleOf(input.decision).highStakes && factsOf(input, 'reviewer').length === 0) return null;
  const operators = new Set(namesOf(input, 'operator'));
  const own = namesOf(input, 'reviewer').find((name) => operators.has(name));
  if (own === undefined) return null;
  return {
    code: 'wisdom.self-review',
    scoreBp: STAKES_SCORES.selfReview,
    reason: 'The person who decides is also the one who reviews.',
    basis: 'asserted',
  };
}

function namesOf(input: EvaluationInput, record: 'operator' | 'reviewer'): readonly string[] {
  return factsOf(input, record).flatMap(({ value, denied }) => {
    if (denied) return [];
    if (typeof value === 'string') return [plainKey(value)];
    const name =
      value !== null && typeof value === 'object' ? (value as Record<string, unknown>)['name'] : undefined;
    return typeof name === 'string' ? [plainKey(name)] : [];
  });
}
