/** Which entries of the record a person or a decision concerns. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import { SealedEvent } from '../../../../contracts/messages/privacy/sealed-event.ts';
import type { SealedOpened } from '../../../../contracts/messages/privacy/sealed-record.ts';
import type { LedgerEntry, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';

/** Name under which holds and destructions of one decision stand: it is a subject of its own. */
export function decisionSubject(decisionId: DecisionId): string {
  return `decision/${decisionId}`;
}

/** The sealed `opened` entry of a tenant's decision. @throws not_found, not_supported when it is plain */
export async function sealedOpenedOf(
  recorded: LedgerPort,
  decisionId: DecisionId,
  tenant: string,
): Promise<SealedOpened> {
  const opened = (await recorded.byDecision(decisionId)).find((entry) => entry.kind === 'opened');
  if (!opened || opened.tenant !== tenant)
    throw new WitanError('not_found', `there is no decision ${decisionId}`, { path: 'decisionId' });
  const sealed = sealedIn(opened);
  if (sealed) return sealed;
  throw new WitanError('not_supported', 'the decision was recorded plain, which cannot be erased', {
    path: 'decisionId',
    expected: 'a decision whose input is sealed',
  });
}

/** Key of the decision or event itself, without those of the persons it concerns. */
export function recordKeyOf({ sealed }: Pick<SealedOpened, 'sealed'>): string {
  return sealed.keyId.split('+')[0]!;
}

/** Decisions of a tenant that concern a person, and positions of events that do. O(log). */
export async function concerning(
  recorded: LedgerPort,
  { tenant, subjectTag }: { readonly tenant: string; readonly subjectTag: string },
): Promise<{ readonly decisionIds: DecisionId[]; readonly eventIndices: number[] }> {
  const decisionIds: DecisionId[] = [];
  const eventIndices: number[] = [];
  for await (const entry of recorded.read(0)) {
    if (entry.tenant !== tenant) continue;
    const sealed = entry.kind === 'opened' ? sealedIn(entry) : sealedEventIn(entry);
    if (sealed?.subjectTags.includes(subjectTag) !== true) continue;
    if (entry.kind === 'opened') decisionIds.push(entry.decisionId!);
    else eventIndices.push(entry.index);
  }
  return { decisionIds, eventIndices };
}

/** What stands on the record of an event whose words are sealed; undefined for every other entry. */
export function sealedEventIn({
  kind,
  payload,
}: Pick<LedgerEntry, 'kind' | 'payload'>): SealedEvent | undefined {
  if (kind !== 'event' || (payload as Partial<SealedEvent>).subjectTags === undefined) return undefined;
  return SealedEvent.safeParse(payload).data;
}

/** Positions of the entries of decisions that hold something sealed, and whether each decision has ended. */
export async function entriesOf(
  recorded: LedgerPort,
  decisionIds: readonly DecisionId[],
): Promise<{ readonly entries: number[]; readonly open: DecisionId[] }> {
  const entries: number[] = [];
  const open: DecisionId[] = [];
  for (const decisionId of decisionIds) {
    const own = await recorded.byDecision(decisionId);
    if (!own.some(({ kind }) => kind === 'final')) open.push(decisionId);
    for (const { index, payload } of own) {
      if ((payload as { readonly sealed?: unknown }).sealed !== undefined) entries.push(index);
    }
  }
  return { entries, open };
}

/** Entries from a position on that `isIt` holds for. */
export async function findEntries(
  recorded: LedgerPort,
  fromIndex: number,
  isIt: (entry: LedgerEntry) => boolean,
): Promise<LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  for await (const entry of recorded.read(fromIndex)) if (isIt(entry)) found.push(entry);
  return found;
}

/** Sealed payload of an `opened` entry; undefined for a plain one. */
export function sealedIn({ payload }: Pick<LedgerEntry, 'payload'>): SealedOpened | undefined {
  const { format } = payload as { readonly format?: string };
  return format === 'witan-opened/2' ? (payload as SealedOpened) : undefined;
}
