/** Events of investigations on the record, and the investigation that they add up to. */
import { fieldsOf } from '../../../../contracts/ledger/audit/described-entry.ts';
import { Investigation } from '../../../../contracts/messages/accountability/investigation.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { LedgerEntry, LedgerEntryInput } from '../../../../runtime/kernel/ports/ledger.ts';

/** What happens to an investigation. */
export type InvestigationEvent =
  | {
      readonly event: 'investigation-opened';
      readonly decisions: readonly DecisionId[];
      readonly reason: string;
    }
  | { readonly event: 'investigation-note'; readonly text: string }
  | { readonly event: 'investigation-closed'; readonly conclusion: string }
  | { readonly event: 'investigation-exported'; readonly manifestDigest: string };

/** Who did it and when. */
export interface EventStamp {
  readonly id: string;
  readonly tenant: string;
  readonly by: string;
  readonly at: string;
}

/** Key under which the log holds the entries of an investigation: no decision can have it. */
export function recordKeyOf(investigationId: string): DecisionId {
  return `d${investigationId.slice(1)}` as DecisionId;
}

/** Entry of an event. */
export function eventEntry(event: InvestigationEvent, { id, tenant, by, at }: EventStamp): LedgerEntryInput {
  const payload = { ...event, investigation: id, by, at, audit: { category: 'accountability' } };
  return { kind: 'event', tenant, decisionId: recordKeyOf(id), payload };
}

/**
 * The investigation that entries tell of; undefined where they tell of none. Entries of another tenant and
 * what nobody here wrote are passed over.
 */
export function investigationOf(
  id: string,
  entries: readonly Pick<LedgerEntry, 'kind' | 'tenant' | 'payload'>[],
): { readonly investigation: Investigation; readonly tenant: string } | undefined {
  let found: { investigation: Investigation; tenant: string } | undefined;
  for (const { kind, tenant, payload } of entries) {
    const fields = fieldsOf(payload);
    if (kind !== 'event' || fields['investigation'] !== id) continue;
    if (!found) {
      if (fields['event'] !== 'investigation-opened') continue;
      const opened = openedBy(id, fields);
      if (opened) found = { investigation: opened, tenant };
    } else if (found.tenant === tenant) {
      found = { tenant, investigation: changed(found.investigation, fields) };
    }
  }
  return found;
}

function openedBy(id: string, fields: Readonly<Record<string, unknown>>): Investigation | undefined {
  const { decisions, reason, by, at } = fields;
  const made = Investigation.safeParse({
    id,
    state: 'open',
    decision_ids: decisions,
    reason,
    opened_by: by,
    opened_at: at,
    notes: [],
    conclusion: null,
    closed_by: null,
    closed_at: null,
  });
  return made.data;
}

function changed(before: Investigation, fields: Readonly<Record<string, unknown>>): Investigation {
  const { event, text, conclusion, by, at } = fields;
  if (event === 'investigation-note') {
    return { ...before, notes: [...before.notes, { by: String(by), at: String(at), text: String(text) }] };
  }
  if (event !== 'investigation-closed') return before;
  return {
    ...before,
    state: 'closed',
    conclusion: String(conclusion),
    closed_by: String(by),
    closed_at: String(at),
  };
}
