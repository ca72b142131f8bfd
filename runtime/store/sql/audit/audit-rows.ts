/** Rows of the trail: what is written, and how it becomes what readers get. */
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { AuditRows } from '../../../kernel/audit-index/projection.ts';
import type { IndexedAuditEntry, IndexedDatum } from '../../../kernel/ports/audit/audit-index.ts';

/** Row of `audit_entries` as the driver gives it. */
export interface AuditEntryRow {
  readonly log_index: string;
  readonly tenant: string;
  readonly at: Date;
  readonly category: IndexedAuditEntry['category'];
  readonly action_type: string;
  readonly actor: string;
  readonly system_id: string | null;
  readonly decision_id: DecisionId | null;
  readonly words: string;
}

/** Row of `audit_data` as the driver gives it. */
export interface DatumRow {
  readonly log_index: string;
  readonly place: number;
  readonly digest: string;
  readonly tenant: string;
  readonly decision_id: DecisionId;
  readonly role: IndexedDatum['role'];
  readonly name: string | null;
  readonly media_type: string | null;
}

/** What a batch writes: lists for `json_to_recordset`. */
export function trailWritesOf(rows: readonly AuditRows[]): {
  readonly trail: readonly object[];
  readonly data: readonly object[];
} {
  const trail = rows.map(({ entry }) => ({
    log_index: entry.index,
    tenant: entry.tenant,
    at: new Date(entry.atWallMs).toISOString(),
    category: entry.category,
    action_type: entry.actionType,
    actor: entry.actor,
    system_id: entry.systemId,
    decision_id: entry.decisionId,
    words: entry.text,
  }));
  const data = rows.flatMap((each) =>
    each.data.map((datum, place) => ({
      log_index: datum.index,
      place,
      digest: datum.digest,
      tenant: datum.tenant,
      decision_id: datum.decisionId,
      role: datum.role,
      name: datum.name,
      media_type: datum.mediaType,
    })),
  );
  return { trail, data };
}

/** Entry of a row. */
export function toAuditEntry(row: AuditEntryRow): IndexedAuditEntry {
  return {
    index: Number(row.log_index),
    tenant: row.tenant,
    atWallMs: row.at.getTime(),
    category: row.category,
    actionType: row.action_type,
    actor: row.actor,
    systemId: row.system_id,
    decisionId: row.decision_id,
    text: row.words,
  };
}

/** Datum of a row. */
export function toDatum(row: DatumRow): IndexedDatum {
  return {
    index: Number(row.log_index),
    digest: row.digest,
    tenant: row.tenant,
    decisionId: row.decision_id,
    role: row.role,
    name: row.name,
    mediaType: row.media_type,
  };
}
