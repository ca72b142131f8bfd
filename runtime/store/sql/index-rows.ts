/** Rows of the index and how they become what readers get. */
import type { DecisionId, SeatId } from '../../../contracts/messages/ids.ts';
import type {
  IndexChange,
  IndexedDecision,
  IndexedEvaluation,
} from '../../kernel/ports/decision/decision-index.ts';

/** Row of `decisions` as the driver gives it. */
export interface DecisionRow {
  readonly decision_id: DecisionId;
  readonly tenant: string;
  readonly type: string;
  readonly decision_digest: string;
  readonly fingerprint: string;
  readonly submitted_by: string;
  readonly opened_index: string;
  readonly opened_at: Date;
  readonly deadline_ms: number;
  readonly retry_of: DecisionId | null;
  readonly outcome: IndexedDecision['outcome'];
  readonly held_reason: IndexedDecision['heldReason'];
  readonly decided_by: IndexedDecision['decidedBy'];
  readonly risk: IndexedDecision['risk'];
  readonly value_bp: number | null;
  readonly resolved: boolean;
  readonly final_index: string | null;
  readonly decided_at: Date | null;
}

/** Row of `agent_evaluations` as the driver gives it. */
export interface EvaluationRow {
  readonly final_index: string;
  readonly place: number;
  readonly decision_id: DecisionId;
  readonly tenant: string;
  readonly seat: SeatId;
  readonly decision_type: string;
  readonly decided_at: Date;
  readonly round: number;
  readonly vote: IndexedEvaluation['vote'];
  readonly score_bp: number | null;
  readonly confidence_bp: number | null;
  readonly veto: string | null;
  readonly codes: string[];
  readonly outcome: IndexedEvaluation['outcome'];
}

/** What a batch of changes writes: each list is JSON for `json_to_recordset`. */
export interface IndexWrites {
  readonly opened: readonly object[];
  readonly finals: readonly object[];
  readonly evaluations: readonly object[];
  readonly resolved: readonly DecisionId[];
}

/** Decision of a row. */
export function toDecision(row: DecisionRow): IndexedDecision {
  return {
    decisionId: row.decision_id,
    tenant: row.tenant,
    type: row.type,
    decisionDigest: row.decision_digest,
    fingerprint: row.fingerprint,
    submittedBy: row.submitted_by,
    openedAt: row.opened_at.toISOString(),
    openedIndex: Number(row.opened_index),
    openedAtWallMs: row.opened_at.getTime(),
    deadlineMs: row.deadline_ms,
    retryOf: row.retry_of,
    outcome: row.outcome,
    heldReason: row.held_reason,
    decidedBy: row.decided_by,
    risk: row.risk,
    valueBp: row.value_bp,
    resolved: row.resolved,
    finalIndex: row.final_index === null ? null : Number(row.final_index),
    decidedAtWallMs: row.decided_at?.getTime() ?? null,
  };
}

/** Evaluation of a row. */
export function toEvaluation(row: EvaluationRow): IndexedEvaluation {
  return {
    decisionId: row.decision_id,
    decisionType: row.decision_type,
    tenant: row.tenant,
    seat: row.seat,
    at: row.decided_at.toISOString(),
    atWallMs: row.decided_at.getTime(),
    index: Number(row.final_index),
    round: row.round,
    vote: row.vote,
    scoreBp: row.score_bp,
    confidenceBp: row.confidence_bp,
    veto: row.veto,
    codes: row.codes,
    outcome: row.outcome,
  };
}

/**
 * Sorts changes by the statement that writes them. Within a decision `opened` comes before `final` and that
 * before `resolution`, so the statements' order is the log's.
 */
export function writesOf(changes: readonly IndexChange[]): IndexWrites {
  const writes = {
    opened: [] as object[],
    finals: [] as object[],
    evaluations: [] as object[],
    resolved: [] as DecisionId[],
  };
  for (const change of changes) {
    if (change.kind === 'opened') writes.opened.push(openedRow(change.decision));
    if (change.kind === 'resolution') writes.resolved.push(change.decisionId);
    if (change.kind !== 'final') continue;
    const { decisionId, decision, evaluations } = change;
    writes.finals.push({
      decision_id: decisionId,
      outcome: decision.outcome,
      held_reason: decision.heldReason,
      decided_by: decision.decidedBy,
      risk: decision.risk,
      value_bp: decision.valueBp,
      final_index: decision.finalIndex,
      decided_at: timeOf(decision.decidedAtWallMs),
    });
    evaluations.forEach((evaluation, place) => writes.evaluations.push(evaluationRow(evaluation, place)));
  }
  return writes;
}

function openedRow(decision: IndexedDecision): object {
  return {
    decision_id: decision.decisionId,
    tenant: decision.tenant,
    type: decision.type,
    decision_digest: decision.decisionDigest,
    fingerprint: decision.fingerprint,
    submitted_by: decision.submittedBy,
    opened_index: decision.openedIndex,
    opened_at: timeOf(decision.openedAtWallMs),
    deadline_ms: decision.deadlineMs,
    retry_of: decision.retryOf,
  };
}

function evaluationRow(evaluation: Omit<IndexedEvaluation, 'decisionType'>, place: number): object {
  return {
    final_index: evaluation.index,
    place,
    decision_id: evaluation.decisionId,
    tenant: evaluation.tenant,
    seat: evaluation.seat,
    decided_at: timeOf(evaluation.atWallMs),
    round: evaluation.round,
    vote: evaluation.vote,
    score_bp: evaluation.scoreBp,
    confidence_bp: evaluation.confidenceBp,
    veto: evaluation.veto,
    codes: evaluation.codes,
    outcome: evaluation.outcome,
  };
}

function timeOf(wallMs: number | null): string | null {
  return wallMs === null ? null : new Date(wallMs).toISOString();
}

/**
 * JSON of rows whose text the database can hold: NUL and lone surrogates, which it cannot, become U+FFFD.
 * One odd entry must not keep the index from all that follow it.
 */
export function rowsToJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/[\0\p{Surrogate}]/gu, '\uFFFD') : value,
  );
}
