/** What the four content seats make of one row. */
import type { Evidence } from '../../contracts/messages/evidence.ts';
import { alignmentSeat } from '../../agents/council/alignment/seat.ts';
import { compassionSeat } from '../../agents/council/compassion/seat.ts';
import { guardianSeat } from '../../agents/council/guardian/seat.ts';
import { securitySeat } from '../../agents/council/security/seat.ts';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import { decisionOf } from './labelled-rows.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import type { LabelledRow } from './labelled-rows.ts';

/** Seats that judge content by rules. */
export const CONTENT_SEATS: readonly SeatPlan[] = [guardianSeat, securitySeat, compassionSeat, alignmentSeat];

/** One seat's rejecting evidence about a row, the most severe first. */
export interface SeatFinding {
  readonly seat: string;
  readonly code: string;
  readonly scoreBp: number;
  readonly critical: boolean;
}

/** Rejecting findings of all seats; empty where all four approve. */
export function judgeRow(row: LabelledRow, byOrigin: boolean): readonly SeatFinding[] {
  const decision = decisionOf(row, byOrigin);
  const budget = createBudget(new SystemClock(), 1_000);
  const found: SeatFinding[] = [];
  for (const plan of CONTENT_SEATS) {
    for (const evaluator of plan.evaluators) {
      const evidence = evaluator.evaluate({ decision, attested: {}, peers: [] }, budget) as Evidence;
      if (evidence.scoreBp >= 5_000) continue;
      found.push({
        seat: plan.seat,
        code: evidence.code,
        scoreBp: evidence.scoreBp,
        critical: evidence.critical,
      });
    }
  }
  return found.sort((a, b) => a.scoreBp - b.scoreBp);
}
