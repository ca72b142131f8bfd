/** What the trail adds to an event before it is recorded: id, node, source, kind, rules (AUD-03, AUD-22). */
import { describeEntry } from '../../../../contracts/ledger/audit/audit-entry.ts';
import type { AuditCategory } from '../../../../contracts/messages/audit/event-kinds.ts';
import { COMPLIANCE_OF } from '../../../../contracts/messages/audit/event-kinds.ts';
import type { LedgerEntryInput } from '../../../../runtime/kernel/ports/ledger.ts';

/** Field `audit` of the payload of an event. Time, tenant and hash stand in the entry itself. */
export interface AuditEnvelope {
  /** `e` + 32 hex digits. */
  readonly id: string;
  readonly category: AuditCategory;
  readonly node: string;
  /** Actor of the node that told it. */
  readonly source: string;
  readonly compliance: readonly string[];
}

/** Makes ids of events; 16 bytes by chance. */
export type MakeEventId = () => string;

/** Who tells events of a category, where the event does not say. */
const SOURCE_OF: Readonly<Record<AuditCategory, string>> = {
  decision: '/platform/orchestrator',
  request: '/platform/gate',
  authentication: '/platform/gate',
  authorisation: '/platform/gate',
  configuration: '/system',
  policy: '/platform/policy',
  admin: '/platform/gate',
  security: '/platform/gate',
  key: '/system',
  system: '/system',
  accountability: '/platform/accountability',
  outside: '/platform/audit/events',
};

/** Whether entries of this kind are events of the trail; the others have forms of their own. */
export function isTrailEvent({ kind, payload }: LedgerEntryInput): boolean {
  if (kind !== 'event' && kind !== 'admin') return false;
  return !(typeof payload === 'object' && payload !== null && 'notice' in payload);
}

/** Category of an entry; cheap for the entries of decisions, which are most of them. */
export function categoryOfEntry(entry: LedgerEntryInput): AuditCategory {
  if (entry.kind === 'key') return 'key';
  if (entry.kind !== 'event' && entry.kind !== 'admin') return 'decision';
  return describeEntry({ ...entry, index: 0, atWallMs: 0, leafHash: '' }).category;
}

/** The event with its envelope; one whose payload is no object is left as it is. */
export function withEnvelope(
  entry: LedgerEntryInput,
  { node, makeId }: { readonly node: string; readonly makeId: MakeEventId },
): LedgerEntryInput {
  const { payload } = entry;
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return entry;
  const fields = payload as Readonly<Record<string, unknown>>;
  const category = categoryOfEntry(entry);
  const { eventId } = fields;
  const id = typeof eventId === 'string' ? eventId : makeId();
  const compliance = COMPLIANCE_OF[category];
  const audit: AuditEnvelope = { id, category, node, source: SOURCE_OF[category], compliance };
  return { ...entry, payload: { ...fields, audit } };
}
