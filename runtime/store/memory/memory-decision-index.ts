/** Index of decisions in memory: for one node without a database, and the reference of the port. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Page } from '../../../contracts/messages/decision-view.ts';
import type { DecisionId, SeatId } from '../../../contracts/messages/ids.ts';
import { projectAudit } from '../../kernel/audit-index/projection.ts';
import { projectEntry } from '../../kernel/decision-index/projection.ts';
import type {
  DecisionIndexPort,
  DecisionListFilter,
  IndexChange,
  IndexedDecision,
  IndexedEvaluation,
  IndexPage,
} from '../../kernel/ports/decision/decision-index.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import { MemoryAuditIndex } from './audit/memory-audit-index.ts';
import { pageOf } from './memory-pages.ts';

export { INDEX_PAGE_MAX } from './memory-pages.ts';

/** Index that lives and dies with the process; a list costs O(decisions seen until the page is full). */
export class MemoryDecisionIndex implements DecisionIndexPort {
  readonly audit = new MemoryAuditIndex();
  #position = 0;
  /** In order of opening. */
  readonly #decisions: DecisionId[] = [];
  readonly #rows = new Map<DecisionId, IndexedDecision>();
  readonly #open = new Set<DecisionId>();
  readonly #evaluations = new Map<SeatId, IndexedEvaluation[]>();

  async position(): Promise<number> {
    return this.#position;
  }

  async apply(entries: readonly LedgerEntry[]): Promise<void> {
    const fresh = entries.filter((entry) => entry.index >= this.#position);
    fresh.forEach((entry, offset) => {
      if (entry.index === this.#position + offset) return;
      const expected = `entry ${this.#position + offset}`;
      throw new WitanError('stale_writer', `entry ${entry.index} leaves a gap in the index`, { expected });
    });
    // Projected before anything changes: all or none.
    const changes = fresh.map(projectEntry);
    const rows = fresh.map(projectAudit);
    for (const change of changes) this.#change(change);
    for (const row of rows) this.audit.add(row);
    this.#position += fresh.length;
  }

  async get(decisionId: DecisionId): Promise<IndexedDecision | undefined> {
    return this.#rows.get(decisionId);
  }

  async list(filter: DecisionListFilter, page: IndexPage): Promise<Page<IndexedDecision>> {
    const matching = (id: DecisionId): IndexedDecision | undefined => {
      const row = this.#rows.get(id)!;
      return matches(row, filter) ? row : undefined;
    };
    return pageOf(this.#decisions, page, matching);
  }

  async open(limit: number): Promise<readonly IndexedDecision[]> {
    const rows: IndexedDecision[] = [];
    for (const id of this.#open) {
      if (rows.length >= limit) break;
      rows.push(this.#rows.get(id)!);
    }
    return rows;
  }

  async activity(
    seat: SeatId,
    page: IndexPage & { tenant?: string | undefined },
  ): Promise<Page<IndexedEvaluation>> {
    const ofTenant = (row: IndexedEvaluation): IndexedEvaluation | undefined =>
      page.tenant === undefined || row.tenant === page.tenant ? row : undefined;
    return pageOf(this.#evaluations.get(seat) ?? [], page, ofTenant);
  }

  async clear(): Promise<void> {
    this.#position = 0;
    this.#decisions.length = 0;
    this.#rows.clear();
    this.#open.clear();
    this.#evaluations.clear();
    this.audit.clear();
  }

  async close(): Promise<void> {
    await this.clear();
  }

  #change(change: IndexChange): void {
    if (change.kind === 'none') return;
    if (change.kind === 'opened') {
      const { decision } = change;
      this.#rows.set(decision.decisionId, decision);
      this.#decisions.push(decision.decisionId);
      this.#open.add(decision.decisionId);
      return;
    }
    const row = this.#rows.get(change.decisionId);
    if (!row) return;
    if (change.kind === 'resolution') {
      this.#rows.set(change.decisionId, { ...row, resolved: true });
      return;
    }
    this.#rows.set(change.decisionId, { ...row, ...change.decision });
    this.#open.delete(change.decisionId);
    for (const evaluation of change.evaluations) {
      const complete: IndexedEvaluation = { ...evaluation, decisionType: row.type };
      const known = this.#evaluations.get(evaluation.seat);
      if (known) known.push(complete);
      else this.#evaluations.set(evaluation.seat, [complete]);
    }
  }
}

function matches(row: IndexedDecision, filter: DecisionListFilter): boolean {
  if (filter.tenant !== undefined && row.tenant !== filter.tenant) return false;
  if (filter.type !== undefined && row.type !== filter.type) return false;
  if (filter.outcome === 'open' ? row.outcome !== null : filter.outcome && row.outcome !== filter.outcome)
    return false;
  if (filter.heldReason !== undefined && row.heldReason !== filter.heldReason) return false;
  if (filter.resolved !== undefined && row.resolved !== filter.resolved) return false;
  if (filter.sinceWallMs !== undefined && row.openedAtWallMs < filter.sinceWallMs) return false;
  return filter.untilWallMs === undefined || row.openedAtWallMs < filter.untilWallMs;
}
