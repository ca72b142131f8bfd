/** Seat Truth: claims against the evidence given, and assertions no one can vouch for. */
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { claimFeatures } from '../../kit/detect/claims/features.ts';
import { CLAIM_THRESHOLDS, compareClaim } from '../../kit/detect/claims/compare.ts';
import type { ClaimComparison } from '../../kit/detect/claims/compare.ts';
import { ruleEvaluator, touches } from '../../kit/detect/record/rule-evaluator.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import type { SeatCalibration, SeatPlan } from '../../kit/seat-plan.ts';

const RELATIONS = {
  contradicted: { scoreBp: 500, critical: true, words: 'contradicts its evidence' },
  unsupported: { scoreBp: 3_000, critical: false, words: 'is not supported by its evidence' },
  weak: { scoreBp: 6_000, critical: false, words: 'is only partly supported by its evidence' },
} as const;

const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_700,
  findingConfidenceBp: { truth: 7_500 },
  vetoCodes: [],
};

function judge({ decision }: EvaluationInput): readonly Finding[] | null {
  const findings = claimFindings(decision);
  return findings.length > 0 || decision.request.claims?.length ? findings : null;
}

function claimFindings(decision: Decision): readonly Finding[] {
  return (decision.request.claims ?? []).flatMap((claim, index) => {
    if (claim.evidence.length === 0) {
      return [
        {
          code: 'truth.no-evidence',
          scoreBp: 4_000,
          reason: `Claim ${index + 1} comes without evidence.`,
          basis: 'attested' as const,
        },
      ];
    }
    const comparison = compareClaim(claim.text, claim.evidence);
    const finding = findingOf(comparison, index, claim.text.length);
    return finding ? [finding] : [];
  });
}

function findingOf({ relation, by, overlap }: ClaimComparison, index: number, length: number): Finding | null {
  if (relation === 'supported') return null;
  const { scoreBp, critical, words } = RELATIONS[relation];
  return {
    code: `truth.${relation}.${by}`,
    scoreBp,
    critical,
    reason: `Claim ${index + 1} ${words} (${by}; ${Math.round(overlap * 100)} % of its words stand there).`,
    basis: 'content',
    spans: [{ field: `claims.${index}.text`, start: 0, end: length, label: relation }],
  };
}

/** The seat of verification and fact-checking (COU-03). */
export const truthSeat: SeatPlan = {
  seat: SeatId.parse('truth'),
  title: 'Truth',
  mandate: 'Compares what is claimed with the evidence given and marks what cannot be verified.',
  evaluators: [
    ruleEvaluator({
      id: 'truth/claims',
      version: '1.0.0',
      kind: 'rules',
      rules: [RELATIONS, CLAIM_THRESHOLDS, claimFeatures, compareClaim],
      calibration,
      judge,
    }),
  ],
  isApplicable: touches(judge),
  calibration,
};
