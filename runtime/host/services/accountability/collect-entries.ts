/** Entries that an investigation rests on: of its decisions, and of the node in the same time. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { AuditCategory } from '../../../../contracts/messages/audit/event-kinds.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { AuditIndexFilter, AuditIndexPort } from '../../../kernel/ports/audit/audit-index.ts';
import type { LedgerEntry, LedgerPort } from '../../../kernel/ports/ledger.ts';

/** What is read from. */
export interface CollectParts {
  readonly ledger: LedgerPort;
  readonly audit: AuditIndexPort;
}

/** Entries of an investigation, each list in log order. */
export interface CollectedEntries {
  readonly about: readonly LedgerEntry[];
  readonly around: readonly LedgerEntry[];
}

/** What happens at a node and can bear on decisions; says nothing about other tenants. */
const NODE_CATEGORIES: readonly AuditCategory[] = ['key', 'configuration', 'policy', 'system'];
/** What the tenant's own people did in the time. */
const OWN_CATEGORIES: readonly AuditCategory[] = ['admin', 'security'];
/** Time around the decisions that is looked at. */
const MARGIN_MS = 3_600_000;
/** Entries of one kind that are taken in. */
const ENTRY_MAX_COUNT = 1_000;

/** Reads them; the index must be up to the log. @throws too_large, unavailable */
export async function collectEntries(
  ids: readonly DecisionId[],
  tenant: string,
  { ledger, audit }: CollectParts,
): Promise<CollectedEntries> {
  const about = new Map<number, LedgerEntry>();
  for (const id of ids) {
    for (const entry of await ledger.byDecision(id)) {
      if (entry.tenant === tenant) about.set(entry.index, entry);
    }
    for (const index of await found({ tenants: [tenant], decisionId: id }, audit)) {
      if (!about.has(index)) about.set(index, await entryAt(ledger, index));
    }
    if (about.size > ENTRY_MAX_COUNT) throw tooMany();
  }
  const times = [...about.values()].map(({ atWallMs }) => atWallMs);
  if (times.length === 0) return { about: [], around: [] };
  const sinceWallMs = Math.min(...times) - MARGIN_MS;
  const untilWallMs = Math.max(...times) + MARGIN_MS;
  const window = { sinceWallMs, untilWallMs };
  const around = [
    ...(await found({ tenants: ['system'], categories: NODE_CATEGORIES, ...window }, audit)),
    ...(await found({ tenants: [tenant], categories: OWN_CATEGORIES, ...window }, audit)),
  ];
  const other = [...new Set(around)].filter((index) => !about.has(index)).sort((one, two) => one - two);
  return {
    about: [...about.values()].sort((one, two) => one.index - two.index),
    around: await Promise.all(other.map((index) => entryAt(ledger, index))),
  };
}

/** Newest entries that match: an investigation that looks at more asks for too much at once. */
async function found(filter: AuditIndexFilter, audit: AuditIndexPort): Promise<number[]> {
  const { items } = await audit.search(filter, { limit: ENTRY_MAX_COUNT });
  return items.map(({ index }) => index);
}

async function entryAt(ledger: LedgerPort, index: number): Promise<LedgerEntry> {
  const entry = await ledger.entry(index);
  if (entry) return entry;
  throw new WitanError('unavailable', `entry ${index} cannot be read`);
}

function tooMany(): WitanError {
  return new WitanError('too_large', `an investigation takes in ${ENTRY_MAX_COUNT} entries`, {
    path: 'decision_ids',
    expected: 'fewer decisions',
  });
}
