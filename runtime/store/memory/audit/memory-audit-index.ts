/** Index of the trail in memory: part of the index of decisions, and the reference of its port. */
import type { Page } from '../../../../contracts/messages/decision-view.ts';
import type { AuditRows } from '../../../kernel/audit-index/projection.ts';
import type {
  AuditIndexFilter,
  AuditIndexPort,
  IndexedAuditEntry,
  IndexedDatum,
} from '../../../kernel/ports/audit/audit-index.ts';
import type { IndexPage } from '../../../kernel/ports/decision/decision-index.ts';
import { pageOf } from '../memory-pages.ts';

/** See {@link AuditIndexPort}; a search costs O(entries seen until the page is full). */
export class MemoryAuditIndex implements AuditIndexPort {
  /** In log order. */
  readonly #entries: IndexedAuditEntry[] = [];
  readonly #uses = new Map<string, IndexedDatum[]>();

  /** Adds the rows of the next entry of the log. */
  add({ entry, data }: AuditRows): void {
    this.#entries.push(entry);
    for (const datum of data) {
      const known = this.#uses.get(datum.digest);
      if (known) known.push(datum);
      else this.#uses.set(datum.digest, [datum]);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.length = 0;
    this.#uses.clear();
  }

  async search(filter: AuditIndexFilter, page: IndexPage): Promise<Page<IndexedAuditEntry>> {
    return pageOf(this.#entries, page, (row) => (matches(row, filter) ? row : undefined));
  }

  async usesOf(
    names: readonly string[],
    page: IndexPage & { readonly tenant: string },
  ): Promise<Page<IndexedDatum>> {
    const own = (datum: IndexedDatum): IndexedDatum | undefined =>
      datum.tenant === page.tenant ? datum : undefined;
    const lists = names.map((name) => this.#uses.get(name) ?? []).filter((list) => list.length > 0);
    const uses = lists.length > 1 ? lists.flat().sort((a, b) => a.index - b.index) : (lists[0] ?? []);
    return pageOf(uses, page, own);
  }
}

function matches(row: IndexedAuditEntry, filter: AuditIndexFilter): boolean {
  const { tenants, sinceWallMs, untilWallMs, actionType, categories, actor, decisionId, systemId, text } =
    filter;
  if (!tenants.includes(row.tenant)) return false;
  if (sinceWallMs !== undefined && row.atWallMs < sinceWallMs) return false;
  if (untilWallMs !== undefined && row.atWallMs >= untilWallMs) return false;
  if (actionType !== undefined) {
    const { text: action, isPrefix } = actionType;
    if (isPrefix ? !row.actionType.startsWith(action) : row.actionType !== action) return false;
  }
  if (categories !== undefined && !categories.includes(row.category)) return false;
  if (actor !== undefined && row.actor !== actor) return false;
  if (decisionId !== undefined && row.decisionId !== decisionId) return false;
  if (systemId !== undefined && row.systemId !== systemId) return false;
  return text === undefined || row.text.toLowerCase().includes(text.toLowerCase());
}
