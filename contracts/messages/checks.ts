/** Messages between the orchestrator and the checks (safety, bias, privacy): step 2 of the path. */
import type { Decision, RiskLevel } from './decision.ts';
import type { Evidence } from './evidence.ts';
import type { DecisionId } from './ids.ts';

/** Names of the checks, in the order in which they are recorded. */
export const CHECK_NAMES = ['safety', 'bias', 'privacy'] as const;

/** See {@link CHECK_NAMES}. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** Asks one check what risk a decision carries. */
export interface CheckRequest {
  readonly type: 'check';
  readonly decision: Decision;
  readonly attested: Readonly<Record<string, unknown>>;
  /**
   * Remaining time when sent, ms; a request whose time ran out in the mailbox is answered as late,
   * unstarted.
   */
  readonly budgetMs: number;
}

/** What one check found. */
export interface CheckReply {
  readonly type: 'check-result';
  readonly check: CheckName;
  readonly decisionId: DecisionId;
  readonly risk: RiskLevel;
  /** Codes of findings, sorted; `check.<name>.<fault>` where an evaluator gave none. */
  readonly codes: readonly string[];
  /** Evidence of the evaluators that answered, in their order. */
  readonly evidence: readonly Evidence[];
}
