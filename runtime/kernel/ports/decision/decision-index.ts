/** Port: what was decided, for reading: tables `decisions` and `agent_evaluations` (COU-27, COU-28). */
import type { AgentActivity, DecisionSummary, Page } from '../../../../contracts/messages/decision-view.ts';
import type { DecisionId, SeatId } from '../../../../contracts/messages/ids.ts';
import type { HeldReason, Outcome } from '../../../../contracts/messages/verdict.ts';
import type { AuditIndexPort } from '../audit/audit-index.ts';
import type { LedgerEntry } from '../ledger.ts';

/** Row of `decisions`: everything but the ballots. Wall times are for display and windows only. */
export interface IndexedDecision extends DecisionSummary {
  readonly tenant: string;
  readonly decisionDigest: string;
  /**
   * 16 hex digits; near-same inputs have near-same fingerprints. Where the input is sealed they are masked,
   * and
   * the name of the key stands before them.
   */
  readonly fingerprint: string;
  readonly submittedBy: string;
  readonly openedIndex: number;
  readonly openedAtWallMs: number;
  readonly deadlineMs: number;
  /** Null while open. */
  readonly finalIndex: number | null;
  readonly decidedAtWallMs: number | null;
  readonly retryOf: DecisionId | null;
}

/** Row of `agent_evaluations`: one ballot, or the absence of one. */
export interface IndexedEvaluation extends AgentActivity {
  readonly tenant: string;
  readonly seat: SeatId;
  readonly atWallMs: number;
}

/** What one ledger entry changes in the index. */
export type IndexChange =
  | { readonly kind: 'opened'; readonly decision: IndexedDecision }
  | {
      readonly kind: 'final';
      readonly decisionId: DecisionId;
      readonly decision: Pick<
        IndexedDecision,
        'outcome' | 'heldReason' | 'decidedBy' | 'risk' | 'valueBp' | 'finalIndex' | 'decidedAtWallMs'
      >;
      /** Without the decision's type, which the index adds from its own row. */
      readonly evaluations: readonly Omit<IndexedEvaluation, 'decisionType'>[];
    }
  | { readonly kind: 'resolution'; readonly decisionId: DecisionId }
  | { readonly kind: 'none' };

/** Filters of a list; all given ones must hold. */
export interface DecisionListFilter {
  readonly tenant?: string | undefined;
  readonly type?: string | undefined;
  readonly outcome?: Outcome | 'open' | undefined;
  readonly heldReason?: HeldReason | undefined;
  /** False: held and without a resolution is what a review queue lists. */
  readonly resolved?: boolean | undefined;
  /** Opened at or after, and before, in wall ms. */
  readonly sinceWallMs?: number | undefined;
  readonly untilWallMs?: number | undefined;
}

/** Where a page starts and how long it is (1 to 1,000). */
export interface IndexPage {
  /** From the earlier page's `nextCursor`; absent: the newest. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/**
 * Index of the log: derived from its entries alone, and rebuilt by applying them from 0. Never asked for a
 * verdict.
 * @throws storage_failed, unavailable; invalid_argument for a cursor that is none
 */
export interface DecisionIndexPort {
  /** The trail, fed by the same entries. */
  readonly audit: AuditIndexPort;
  /** Number of entries applied: the log's position to go on from; 0 when empty. */
  position(): Promise<number>;
  /**
   * Applies entries in log order, all or none, the first at `position()`. Entries before it are skipped, so
   * that a repeated call changes nothing. @throws stale_writer when an entry is missing in between
   */
  apply(entries: readonly LedgerEntry[]): Promise<void>;
  get(decisionId: DecisionId): Promise<IndexedDecision | undefined>;
  /** Newest first by position in the log. */
  list(filter: DecisionListFilter, page: IndexPage): Promise<Page<IndexedDecision>>;
  /** Opened and without a final entry, oldest first, at most `limit`. */
  open(limit: number): Promise<readonly IndexedDecision[]>;
  /** Ballots of one seat, newest first; of one tenant when `tenant` is given. */
  activity(seat: SeatId, page: IndexPage & { tenant?: string | undefined }): Promise<Page<IndexedEvaluation>>;
  /** Empties the index; the next position is 0. */
  clear(): Promise<void>;
  close(): Promise<void>;
}
