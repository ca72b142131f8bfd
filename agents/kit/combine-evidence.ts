/**
 * From the evidence of a seat's evaluators to its vote: pure, and never more favourable than its worst
 * finding.
 */
import type { Evidence } from '../../contracts/messages/evidence.ts';
import { findingConfidence, mayVeto } from './calibration.ts';
import type { SeatCalibration } from './seat-plan.ts';

const WHOLE_BP = 10_000;
const HALF_BP = 5_000;

/** What a seat votes, before it is signed. */
export interface SeatVote {
  readonly scoreBp: number;
  readonly confidenceBp: number;
  readonly applicable: boolean;
  readonly veto: string | null;
  /** Sorted. */
  readonly families: readonly string[];
}

/** How a seat reads its evidence. */
export interface CombineOptions {
  readonly calibration: SeatCalibration;
  /**
   * True where the seat's mandate is the record: the caller's word alone then never lifts a score above
   * 0.5.
   */
  readonly isRecordMandate: boolean;
}

/**
 * Vote that the evidence gives; null without evidence.
 *
 * The lowest score among applicable evidence decides; of equal scores the more severe one (critical, then
 * for a rejection the surer, for an approval the less sure). The confidence is the measured one of the
 * deciding code. A finding whose code may veto sets the veto even where another finding decides.
 *
 * @param evidence Evidence of one seat in any order; with none applicable the seat's mandate is not
 *   touched.
 */
export function combineEvidence(evidence: readonly Evidence[], options: CombineOptions): SeatVote | null {
  if (evidence.length === 0) return null;
  const weighed = evidence.filter(({ applicable }) => applicable).map((one) => capAsserted(one, options));
  const ranked = weighed.sort(bySeverity);
  const deciding = ranked[0];
  if (!deciding) return notApplicableVote(options.calibration);
  const { calibration } = options;
  const isFinding = deciding.scoreBp < HALF_BP;
  const unmeasuredBp = isFinding ? deciding.confidenceBp : calibration.benignConfidenceBp;
  const vetoing = ranked.find(({ scoreBp, code }) => scoreBp < HALF_BP && mayVeto(calibration, code));
  return {
    scoreBp: deciding.scoreBp,
    confidenceBp: findingConfidence(calibration, deciding.code) ?? unmeasuredBp,
    applicable: true,
    veto: vetoing?.code ?? null,
    families: familiesOf(ranked, deciding.scoreBp),
  };
}

/**
 * Vote of a seat whose mandate the decision does not touch: 1, with the confidence measured on benign rows.
 */
export function notApplicableVote(calibration: SeatCalibration): SeatVote {
  return {
    scoreBp: WHOLE_BP,
    confidenceBp: calibration.benignConfidenceBp,
    applicable: false,
    veto: null,
    families: [],
  };
}

function capAsserted(evidence: Evidence, { isRecordMandate }: CombineOptions): Evidence {
  const isCapped = evidence.basis === 'asserted' && (isRecordMandate || evidence.kind === 'record');
  return isCapped && evidence.scoreBp > HALF_BP ? { ...evidence, scoreBp: HALF_BP } : evidence;
}

/** Total order on what the vote reads, so that the order of evaluators does not matter. */
function bySeverity(left: Evidence, right: Evidence): number {
  if (left.scoreBp !== right.scoreBp) return left.scoreBp - right.scoreBp;
  if (left.critical !== right.critical) return left.critical ? -1 : 1;
  const surer = right.confidenceBp - left.confidenceBp;
  if (surer !== 0) return left.scoreBp < HALF_BP ? surer : -surer;
  return left.code < right.code ? -1 : left.code > right.code ? 1 : 0;
}

/**
 * Families that the vote rests on: those of the evidence at the deciding score. Where local evidence alone
 * gives that score, the vote does not depend on an `llm` that agrees with it.
 */
function familiesOf(evidence: readonly Evidence[], scoreBp: number): readonly string[] {
  const deciding = evidence.filter((one) => one.scoreBp === scoreBp);
  const local = deciding.filter(({ kind }) => kind !== 'llm');
  return [...new Set((local.length > 0 ? local : deciding).map(({ family }) => family))].sort();
}
