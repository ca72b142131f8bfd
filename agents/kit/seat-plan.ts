/** The Agent contract: what a seat of the council must say about itself. Data plus pure functions. */
import type { SeatDeclaration } from '../../contracts/messages/council.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';
import type { Evaluator } from '../../runtime/kernel/ports/evaluator.ts';

/** Measured reliability of a seat, from labelled data of its own mandate. */
export interface SeatCalibration {
  /** `seat@date#digest` of the calibration data, or `uncalibrated`. */
  readonly id: string;
  /**
   * Probability, in basis points, that a ballot without finding is right, measured on benign rows; also the
   * confidence of a not-applicable ballot.
   */
  readonly benignConfidenceBp: number;
  /**
   * Probability that a finding with this code is right, in basis points; codes are matched by longest
   * prefix.
   */
  readonly findingConfidenceBp: Readonly<Record<string, number>>;
  /** Codes (prefixes) whose measured precision is at least 0.95: only these may veto. */
  readonly vetoCodes: readonly string[];
}

/** One seat, complete: `agents/council/<seat>/seat.ts` exports one of these. */
export interface SeatPlan extends SeatDeclaration {
  /** Run in order; all of them see the same input. */
  readonly evaluators: readonly Evaluator[];
  /**
   * Whether the mandate is touched by this decision. False only where no rule of the decision's type
   * demands the
   * seat's record; the seat then votes not applicable. A promise that is rejected, or outlives the budget,
   * leaves the seat without a ballot.
   */
  isApplicable(decision: Decision, budget?: Budget): boolean | Promise<boolean>;
  readonly calibration: SeatCalibration;
}
