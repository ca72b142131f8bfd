/** Findings about the claims of a decision and what it asserts. */
import type { Decision } from '../../../contracts/messages/decision.ts';
import { assertionFindings } from '../../kit/detect/claims/assertions.ts';
import { compareClaim } from '../../kit/detect/claims/compare.ts';
import type { ClaimComparison } from '../../kit/detect/claims/compare.ts';
import { ruleOf } from '../../kit/detect/record/demands.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { segmentsOf } from '../../kit/segments.ts';

/** What each relation of a claim to its evidence means for the score. */
export const RELATIONS = {
  contradicted: { scoreBp: 500, critical: true, words: 'contradicts its evidence' },
  unsupported: { scoreBp: 2_500, critical: false, words: 'is not carried by its evidence' },
  weak: { scoreBp: 4_800, critical: false, words: 'is only partly carried by its evidence' },
} as const;
const NO_EVIDENCE_SCORE = 4_500;
/** Text beyond this length is not read for assertions, UTF-16 code units. */
const TEXT_LIMIT = 50_000;

const memo = new WeakMap<Decision, readonly Finding[]>();

/** Findings of a decision; memoised. */
export function claimFindings(decision: Decision): readonly Finding[] {
  const known = memo.get(decision);
  if (known) return known;
  const findings = [...comparisons(decision), ...assertions(decision)];
  memo.set(decision, findings);
  return findings;
}

function comparisons(decision: Decision): readonly Finding[] {
  return (decision.request.claims ?? []).flatMap((claim, index) => {
    if (claim.evidence.length === 0) {
      const reason = `Claim ${index + 1} comes without evidence.`;
      return [{ code: 'truth.no-evidence', scoreBp: NO_EVIDENCE_SCORE, reason, basis: 'attested' as const }];
    }
    return [findingOf(compareClaim(claim.text, claim.evidence), index, claim.text.length)];
  });
}

/** What the decision says itself: its own text where it is no message of a user, outputs and claims. */
function assertions(decision: Decision): readonly Finding[] {
  const talk = ruleOf(decision).sector === 'conversation';
  return segmentsOf(decision).flatMap(({ field, origin, text }) => {
    const own = origin === 'assistant' || (field === 'text' && !talk);
    return own && !field.includes('.evidence.')
      ? assertionFindings({ field, text: text.slice(0, TEXT_LIMIT) })
      : [];
  });
}

function findingOf(
  { relation, by, overlap, doubt }: ClaimComparison,
  index: number,
  length: number,
): Finding {
  if (relation === 'supported') {
    const reason =
      `Claim ${index + 1} is carried by its evidence (${Math.round(overlap * 100)} % ` +
      `of its words stand there).`;
    return { code: 'truth.supported', scoreBp: 10_000, reason, basis: 'content' };
  }
  const { scoreBp, critical, words } = RELATIONS[relation];
  const share = Math.round(overlap * 100);
  return {
    code: `truth.${relation}.${by}`,
    scoreBp,
    critical: critical && by !== 'negation',
    reason:
      `Claim ${index + 1} ${words} (by ${by}; ${share} % of its words stand there, doubt ` +
      `${doubt.toFixed(2)}).`,
    basis: 'content',
    spans: [{ field: `claims.${index}.text`, start: 0, end: length, label: relation }],
  };
}
