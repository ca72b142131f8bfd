/** Port: the trail, for searching: which entries there are, and which data which decisions used. */
import type { AuditCategory } from '../../../../contracts/messages/audit/event-kinds.ts';
import type { Page } from '../../../../contracts/messages/decision-view.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { IndexPage } from '../decision/decision-index.ts';

/** Row of `audit_entries`: what an entry is found by; the entry itself stands in the log. */
export interface IndexedAuditEntry {
  readonly index: number;
  readonly tenant: string;
  /** Wall time; for windows only, order is `index`. */
  readonly atWallMs: number;
  readonly category: AuditCategory;
  readonly actionType: string;
  readonly actor: string;
  /** Null: the node's own log. */
  readonly systemId: string | null;
  readonly decisionId: DecisionId | null;
  /** Words that a search for text looks in. */
  readonly text: string;
}

/** What a decision used: a file, what a tool or a search gave, evidence of a claim. */
export interface IndexedDatum {
  readonly digest: string;
  readonly index: number;
  readonly tenant: string;
  readonly decisionId: DecisionId;
  readonly role: 'attachment' | 'tool' | 'retrieved' | 'evidence';
  readonly name: string | null;
  readonly mediaType: string | null;
}

/** Filters of a search; all given ones must hold. */
export interface AuditIndexFilter {
  /** Entries of these tenants and of no others. */
  readonly tenants: readonly string[];
  readonly sinceWallMs?: number | undefined;
  readonly untilWallMs?: number | undefined;
  /** Whole, or its beginning where `isPrefix`. */
  readonly actionType?: { readonly text: string; readonly isPrefix: boolean } | undefined;
  readonly categories?: readonly AuditCategory[] | undefined;
  readonly actor?: string | undefined;
  readonly decisionId?: DecisionId | undefined;
  /** Null: the node's own log. */
  readonly systemId?: string | null | undefined;
  /** Contained in the words, without regard to case. */
  readonly text?: string | undefined;
}

/** Reads of the trail; fed together with the index of decisions, from the same log. */
export interface AuditIndexPort {
  /** Newest first. @throws invalid_argument for a cursor that is none */
  search(filter: AuditIndexFilter, page: IndexPage): Promise<Page<IndexedAuditEntry>>;
  /**
   * Uses of one datum under any of its names (digest, pseudonym), newest first.
   * @throws invalid_argument for a cursor that is none
   */
  usesOf(
    names: readonly string[],
    page: IndexPage & { readonly tenant: string },
  ): Promise<Page<IndexedDatum>>;
}
