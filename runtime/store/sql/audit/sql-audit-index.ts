/** Index of the trail in SQL: tables `audit_entries` and `audit_data`, written by the index of decisions. */
import type { Page } from '../../../../contracts/messages/decision-view.ts';
import type {
  AuditIndexFilter,
  AuditIndexPort,
  IndexedAuditEntry,
  IndexedDatum,
} from '../../../kernel/ports/audit/audit-index.ts';
import type { IndexPage } from '../../../kernel/ports/decision/decision-index.ts';
import type { Select } from '../index-statements.ts';
import { toAuditEntry, toDatum } from './audit-rows.ts';
import type { AuditEntryRow, DatumRow } from './audit-rows.ts';
import { selectEntries, selectUses } from './audit-statements.ts';

/** Runs a select over the rows of tenants, named with commas between them. */
export type SelectRows = <R extends object>(tenants: string, select: Select) => Promise<readonly R[]>;

/** See {@link AuditIndexPort}; each transaction sees the rows of the tenants that it names. */
export class SqlAuditIndex implements AuditIndexPort {
  readonly #select: SelectRows;

  constructor(select: SelectRows) {
    this.#select = select;
  }

  async search(filter: AuditIndexFilter, page: IndexPage): Promise<Page<IndexedAuditEntry>> {
    const rows = await this.#select<AuditEntryRow>(filter.tenants.join(','), selectEntries(filter, page));
    const items = rows.slice(0, page.limit).map(toAuditEntry);
    return { items, nextCursor: rows.length > page.limit ? String(items.at(-1)!.index) : null };
  }

  async usesOf(
    names: readonly string[],
    page: IndexPage & { readonly tenant: string },
  ): Promise<Page<IndexedDatum>> {
    const rows = await this.#select<DatumRow>(page.tenant, selectUses(names, page));
    const shown = rows.slice(0, page.limit);
    const last = shown.at(-1);
    const nextCursor = rows.length > page.limit ? `${last!.log_index}.${last!.place}` : null;
    return { items: shown.map(toDatum), nextCursor };
  }
}
