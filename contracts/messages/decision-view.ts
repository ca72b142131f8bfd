/** What readers get of decisions, agents and the node: answers of the read endpoints. */
import { z } from 'zod';
import { DecisionRequest, RiskLevel } from './decision.ts';
import { BasisPoints, DecisionId, SeatId } from './ids.ts';
import { ResolutionPayload } from './session.ts';
import { DecidedBy, HeldReason, Outcome, RecordState, Verdict } from './verdict.ts';

/** Where a decision's record stands in the log. */
export const RecordView = z.strictObject({
  logId: z.string(),
  openedIndex: z.int().min(0),
  /** Null while the decision is open. */
  finalIndex: z.int().min(0).nullable(),
  state: RecordState,
});
/** See {@link RecordView}. */
export type RecordView = z.infer<typeof RecordView>;

/** One decision, whole, as built from its recorded entries. */
export const DecisionView = z.strictObject({
  decisionId: DecisionId,
  state: z.enum(['open', 'final']),
  type: z.string(),
  request: DecisionRequest,
  sessionDigest: z.string(),
  submittedBy: z.string(),
  openedAt: z.string(),
  verdict: Verdict.nullable(),
  record: RecordView,
  resolutions: z.array(ResolutionPayload),
  /** `sealed`: encrypted at rest; `erased`: the request is gone for good. Absent: it is recorded as it is. */
  input: z.enum(['sealed', 'erased']).optional(),
});
/** See {@link DecisionView}. */
export type DecisionView = z.infer<typeof DecisionView>;

/** One line of a list of decisions. */
export const DecisionSummary = z.strictObject({
  decisionId: DecisionId,
  type: z.string(),
  openedAt: z.string(),
  outcome: Outcome.nullable(),
  heldReason: HeldReason.nullable(),
  decidedBy: DecidedBy.nullable(),
  risk: RiskLevel.nullable(),
  valueBp: BasisPoints.nullable(),
  resolved: z.boolean(),
});
/** See {@link DecisionSummary}. */
export type DecisionSummary = z.infer<typeof DecisionSummary>;

/** A seat and how its actor is. */
export const AgentView = z.strictObject({
  agentId: SeatId,
  title: z.string(),
  mandate: z.string(),
  weightBp: z.int().min(0),
  vetoes: z.boolean(),
  calibration: z.string(),
  evaluators: z.array(z.string()),
  lifecycle: z.string(),
  mailboxDepth: z.int(),
  processedCount: z.int(),
  restartCount: z.int(),
});
/** See {@link AgentView}. */
export type AgentView = z.infer<typeof AgentView>;

/** One ballot in an agent's activity log (COU-26), newest first. */
export const AgentActivity = z.strictObject({
  decisionId: DecisionId,
  decisionType: z.string(),
  at: z.string(),
  /** Position of the recorded entry that holds the ballot. */
  index: z.int().min(0),
  round: z.int(),
  vote: z.enum(['not-applicable', 'approve', 'reject', 'absent']),
  scoreBp: BasisPoints.nullable(),
  confidenceBp: BasisPoints.nullable(),
  veto: z.string().nullable(),
  codes: z.array(z.string()),
  outcome: Outcome,
});
/** See {@link AgentActivity}. */
export type AgentActivity = z.infer<typeof AgentActivity>;

/** One page of a list; `nextCursor` is null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** State of one part of the node. */
export const HealthCheck = z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() });
/** See {@link HealthCheck}. */
export type HealthCheck = z.infer<typeof HealthCheck>;

/** Answer of `/health` and `/ready`. */
export const HealthView = z.strictObject({
  /** `degraded`: ready, while a door that is configured is away. */
  status: z.enum(['starting', 'ready', 'draining', 'stopped', 'failed', 'degraded']),
  node: z.string(),
  version: z.string(),
  uptimeMs: z.number(),
  checks: z.array(HealthCheck),
});
/** See {@link HealthView}. */
export type HealthView = z.infer<typeof HealthView>;
