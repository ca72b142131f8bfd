/** Runs seats on a row as a chat message or a claim. */
import { accountabilitySeat } from '../../agents/council/accountability/seat.ts';
import { governanceSeat } from '../../agents/council/governance/seat.ts';
import { innovationSeat } from '../../agents/council/innovation/seat.ts';
import { justiceSeat } from '../../agents/council/justice/seat.ts';
import { privacySeat } from '../../agents/council/privacy/seat.ts';
import { transparencySeat } from '../../agents/council/transparency/seat.ts';
import { truthSeat } from '../../agents/council/truth/seat.ts';
import { wisdomSeat } from '../../agents/council/wisdom/seat.ts';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import type { Decision, DecisionRequest } from '../../contracts/messages/decision.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import { DecisionId, Digest } from '../../contracts/messages/ids.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';
import type { LabelledRow } from './labelled-rows.ts';

/** The seats that are measured here. */
export const SEATS: readonly SeatPlan[] = [
  truthSeat,
  justiceSeat,
  wisdomSeat,
  transparencySeat,
  accountabilitySeat,
  privacySeat,
  governanceSeat,
  innovationSeat,
];

const ID = DecisionId.parse(`d${'0'.repeat(32)}`);
const DIGEST = Digest.parse(`sha256:${'0'.repeat(64)}`);
const signal = new AbortController().signal;
const BUDGET: Budget = { remainingMs: () => 1_000, signal } as unknown as Budget;

/** A decision around a request, as the edge would make it. */
export function decisionOf(request: DecisionRequest): Decision {
  return { decisionId: ID, tenant: 'bench', digest: DIGEST, request };
}

/** The row as a chat message, or as a claim with its evidence where it has one. */
export function requestOf(row: LabelledRow): DecisionRequest {
  if (row.ctx === undefined) return { type: 'chat', text: row.text };
  return { type: 'chat', claims: [{ text: row.text, evidence: [row.ctx] }] };
}

/** Lowest evidence of a seat's evaluators. */
export function judge(plan: SeatPlan, decision: Decision): Evidence {
  let worst: Evidence | null = null;
  for (const evaluator of plan.evaluators) {
    const evidence = evaluator.evaluate({ decision, attested: {}, peers: [] }, BUDGET);
    if (evidence instanceof Promise) throw new TypeError(`${evaluator.id} is not synchronous`);
    if (!worst || evidence.scoreBp < worst.scoreBp) worst = evidence;
  }
  if (!worst) throw new TypeError(`${plan.seat} has no evaluator`);
  return worst;
}
