/** From evidence to risk: pure, and only ever upward. */
import type { RiskLevel } from '../../../contracts/messages/decision.ts';
import type { Evidence } from '../../../contracts/messages/evidence.ts';

/** Levels from lowest to highest. */
export const RISK_LEVELS: readonly RiskLevel[] = ['low', 'medium', 'high', 'critical'];

/** Score below which evidence recommends a rejection. */
const REJECT_BELOW_BP = 5_000;
/** Score from which an approval is without reservation. */
const CLEAR_FROM_BP = 7_000;
/** Confidence below which an approval says little. */
const UNSURE_BELOW_BP = 5_000;

/**
 * Highest of the given levels; `low` for none. Never lower than any of them.
 * @example highestRisk(['low', 'high', 'medium']) // 'high'
 */
export function highestRisk(levels: readonly RiskLevel[]): RiskLevel {
  return levels.reduce<RiskLevel>((highest, level) => (isAtLeast(level, highest) ? level : highest), 'low');
}

/** Whether `level` is `floor` or above. */
export function isAtLeast(level: RiskLevel, floor: RiskLevel): boolean {
  return RISK_LEVELS.indexOf(level) >= RISK_LEVELS.indexOf(floor);
}

/** Whether the council must sit (COU-23). */
export function isHighRisk(level: RiskLevel): boolean {
  return isAtLeast(level, 'high');
}

/**
 * Risk that one piece of evidence carries. A rejection is high whatever its confidence: doubt about a finding
 * is no sign of safety. A hesitant or unsure approval is medium; what the mandate does not touch is low.
 */
export function riskOfEvidence(
  evidence: Pick<Evidence, 'scoreBp' | 'confidenceBp' | 'critical' | 'applicable'>,
): RiskLevel {
  if (evidence.critical) return 'critical';
  if (!evidence.applicable) return 'low';
  if (evidence.scoreBp < REJECT_BELOW_BP) return 'high';
  return evidence.scoreBp < CLEAR_FROM_BP || evidence.confidenceBp < UNSURE_BELOW_BP ? 'medium' : 'low';
}

/**
 * Risk of a decision from what was measured and what the caller stated: the caller can raise it, never lower
 * it. `stated` null means "measured".
 */
export function effectiveRisk(measured: readonly RiskLevel[], stated: RiskLevel | null): RiskLevel {
  return highestRisk(stated === null ? measured : [...measured, stated]);
}
