/** Index of decisions in SQL: tables `decisions` and `agent_evaluations` (COU-27, COU-28). */
import pg from 'pg';
import { WitanError } from '../../../contracts/errors.ts';
import type { Page } from '../../../contracts/messages/decision-view.ts';
import type { DecisionId, SeatId } from '../../../contracts/messages/ids.ts';
import { projectAudit } from '../../kernel/audit-index/projection.ts';
import { projectEntry } from '../../kernel/decision-index/projection.ts';
import type {
  DecisionIndexPort,
  DecisionListFilter,
  IndexedDecision,
  IndexedEvaluation,
  IndexPage,
} from '../../kernel/ports/decision/decision-index.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import { PortLife } from '../port-life.ts';
import { trailWritesOf } from './audit/audit-rows.ts';
import { SqlAuditIndex } from './audit/sql-audit-index.ts';
import { rowsToJson, toDecision, toEvaluation, writesOf } from './index-rows.ts';
import type { DecisionRow, EvaluationRow } from './index-rows.ts';
import { APPLY, selectDecisions, selectEvaluations } from './index-statements.ts';
import type { SqlDatabase, SqlSession } from './sql-database.ts';

/** Rows of every tenant: no tenant has that name. */
const EVERY_TENANT = '*';
/** Role that a user takes for whom row-level security would not hold. */
const ROW_ROLE = 'witan_rows';

/** Where the index stands in which log. */
export interface IndexMark {
  readonly logId: string | null;
  /** Entries applied. */
  readonly position: number;
  /** Of the last entry applied; null when empty. */
  readonly chainHash: string | null;
}

/**
 * {@link DecisionIndexPort} in an SQL database; each transaction sees the rows of the tenant that it names.
 */
export class SqlDecisionIndex implements DecisionIndexPort {
  readonly audit: SqlAuditIndex;
  readonly #database: SqlDatabase;
  readonly #takesRole: boolean;
  readonly #life = new PortLife('index');
  #knownPosition: number | undefined;

  private constructor(database: SqlDatabase, takesRole: boolean) {
    this.#database = database;
    this.#takesRole = takesRole;
    this.audit = new SqlAuditIndex((tenants, select) => this.#select(tenants, select));
  }

  /**
   * Makes the index of a database that has this node's schema; the database stays open when the index closes.
   * @throws config_invalid when row-level security would not hold for the database's user
   */
  static async open(database: SqlDatabase): Promise<SqlDecisionIndex> {
    const [user] = await database.query<{ bypasses: boolean; has_role: boolean }>(
      `SELECT rolsuper OR rolbypassrls AS bypasses,
         EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS has_role
       FROM pg_roles WHERE rolname = current_user`,
      [ROW_ROLE],
    );
    if (user!.bypasses && !user!.has_role) {
      throw new WitanError(
        'config_invalid',
        'row-level security does not hold for the user of the database',
        {
          path: 'store.databaseUrl',
          expected: `a user without BYPASSRLS, or one who may take the role ${ROW_ROLE}`,
        },
      );
    }
    return new SqlDecisionIndex(database, user!.bypasses);
  }

  async position(): Promise<number> {
    return (await this.mark()).position;
  }

  /** Where the index stands. */
  async mark(): Promise<IndexMark> {
    this.#life.assertOpen();
    const [row] = await this.#database.query<{
      log_id: string | null;
      position: string;
      chain_hash: string | null;
    }>('SELECT log_id, position, chain_hash FROM index_position');
    return { logId: row!.log_id, position: Number(row!.position), chainHash: row!.chain_hash };
  }

  /** Notes whose log this is the index of. */
  async claim(logId: string): Promise<void> {
    this.#life.assertOpen();
    await this.#database.query('UPDATE index_position SET log_id = $1', [logId]);
  }

  async apply(entries: readonly LedgerEntry[]): Promise<void> {
    this.#life.assertOpen();
    if (entries.length === 0) return;
    // Where the index was left by this node is where it stands, unless another node feeds it or it was
    // cleared.
    let position = this.#knownPosition ?? (await this.position());
    for (;;) {
      const fresh = entries.filter((entry) => entry.index >= position);
      const gap = fresh.find((entry, offset) => entry.index !== position + offset);
      const standsAt =
        gap || fresh.length === 0 ? await this.position() : await this.#applyAt(position, fresh);
      this.#knownPosition = standsAt;
      if (!gap && standsAt === position + fresh.length) return;
      if (gap && standsAt === position) {
        const expected = `entry ${position}`;
        throw new WitanError('stale_writer', `entry ${gap.index} leaves a gap in the index`, { expected });
      }
      position = standsAt;
    }
  }

  /**
   * Applies at `position` and gives the next one; where the index stands elsewhere, gives that and changes
   * nothing.
   */
  async #applyAt(position: number, entries: readonly LedgerEntry[]): Promise<number> {
    const { opened, finals, evaluations, resolved } = writesOf(entries.map(projectEntry));
    const { trail, data } = trailWritesOf(entries.map(projectAudit));
    const batches = [opened, finals, evaluations].map(rowsToJson);
    const head = [position, entries.length, entries.at(-1)!.chainHash];
    const values = [...head, ...batches, resolved, rowsToJson(trail), rowsToJson(data)];
    const [row] = await this.#database.query<{ position: string }>(APPLY, values, 'index-apply');
    return Number(row!.position);
  }

  async get(decisionId: DecisionId): Promise<IndexedDecision | undefined> {
    const rows = await this.#select<DecisionRow>(EVERY_TENANT, {
      text: 'SELECT * FROM decisions WHERE decision_id = $1',
      values: [decisionId],
    });
    return rows[0] && toDecision(rows[0]);
  }

  async list(filter: DecisionListFilter, page: IndexPage): Promise<Page<IndexedDecision>> {
    const rows = await this.#select<DecisionRow>(
      filter.tenant ?? EVERY_TENANT,
      selectDecisions(filter, page),
    );
    const items = rows.slice(0, page.limit).map(toDecision);
    return { items, nextCursor: rows.length > page.limit ? String(items.at(-1)!.openedIndex) : null };
  }

  async open(limit: number): Promise<readonly IndexedDecision[]> {
    const rows = await this.#select<DecisionRow>(EVERY_TENANT, {
      text: 'SELECT * FROM decisions WHERE final_index IS NULL ORDER BY opened_index LIMIT $1',
      values: [limit],
    });
    return rows.map(toDecision);
  }

  async activity(
    seat: SeatId,
    page: IndexPage & { tenant?: string | undefined },
  ): Promise<Page<IndexedEvaluation>> {
    const rows = await this.#select<EvaluationRow>(
      page.tenant ?? EVERY_TENANT,
      selectEvaluations(seat, page),
    );
    const shown = rows.slice(0, page.limit);
    const last = shown.at(-1);
    const nextCursor = rows.length > page.limit ? `${last!.final_index}.${last!.place}` : null;
    return { items: shown.map(toEvaluation), nextCursor };
  }

  async clear(): Promise<void> {
    this.#life.assertOpen();
    this.#knownPosition = undefined;
    await this.#rows(EVERY_TENANT, async (session) => {
      await session.query('SELECT position FROM index_position FOR UPDATE');
      await session.query('TRUNCATE agent_evaluations, decisions, audit_entries, audit_data');
      await session.query('UPDATE index_position SET position = 0, chain_hash = NULL');
    });
  }

  async close(): Promise<void> {
    this.#life.close();
  }

  #select<R extends object>(
    tenant: string,
    select: ReturnType<typeof selectDecisions>,
  ): Promise<readonly R[]> {
    this.#life.assertOpen();
    return this.#rows(tenant, (session) => session.query<R>(select.text, select.values));
  }

  /** Transaction over the rows of one tenant, or of all; the setting ends with it. */
  #rows<T>(tenant: string, work: (session: SqlSession) => Promise<T>): Promise<T> {
    const role = this.#takesRole ? `SET LOCAL ROLE ${ROW_ROLE};` : '';
    const begin = `BEGIN; ${role} SET LOCAL witan.tenant = ${pg.escapeLiteral(tenant)}`;
    return this.#database.transaction(work, begin);
  }
}
