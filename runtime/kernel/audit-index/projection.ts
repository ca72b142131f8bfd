/** From a ledger entry to its rows in the index of the trail: pure, shared by every implementation. */
import { decisionOf, describeEntry } from '../../../contracts/ledger/audit/audit-entry.ts';
import { fieldsOf } from '../../../contracts/ledger/audit/described-entry.ts';
import type { DescribedEntry } from '../../../contracts/ledger/audit/described-entry.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import { hashText } from '../../../contracts/ledger/leaf.ts';
import type { ConversationMessage, DecisionRequest } from '../../../contracts/messages/decision.ts';
import { sha256 } from '../crypto/digest.ts';
import type { IndexedAuditEntry, IndexedDatum } from '../ports/audit/audit-index.ts';
import type { LedgerEntry } from '../ports/ledger.ts';

/** Rows of one entry. */
export interface AuditRows {
  readonly entry: IndexedAuditEntry;
  readonly data: readonly IndexedDatum[];
}

/** Data of one decision that are indexed. */
const DATUM_MAX_COUNT = 1_000;
const TEXT_MAX_LENGTH = 500;
/** Facts of an entry that people search for by word. */
const SEARCHED = ['action', 'operation', 'path', 'summary'];

/** Rows of an entry. An entry of an unknown shape has a row like every other. */
export function projectAudit(entry: LedgerEntry): AuditRows {
  const said = describeEntry(entry);
  const row: IndexedAuditEntry = {
    index: entry.index,
    tenant: entry.tenant,
    atWallMs: entry.atWallMs,
    category: said.category,
    actionType: said.action,
    actor: said.actor.id,
    systemId: said.systemId ?? null,
    decisionId: decisionOf(entry, said),
    text: wordsOf(said),
  };
  return { entry: row, data: entry.kind === 'opened' ? dataOf(entry) : [] };
}

function wordsOf({ action, context = {} }: DescribedEntry): string {
  const words = SEARCHED.map((name) => context[name]).filter((value) => typeof value === 'string');
  return [action, ...words].join(' ').slice(0, TEXT_MAX_LENGTH);
}

function dataOf(entry: LedgerEntry): IndexedDatum[] {
  const { decisionId, index, tenant } = entry;
  const { attachments, messages, claims } = fieldsOf(fieldsOf(entry.payload)['request']) as Partial<
    Pick<DecisionRequest, 'attachments' | 'messages' | 'claims'>
  >;
  if (decisionId === undefined) return [];
  const common = { index, tenant, decisionId };
  const files = listOf(attachments).map(({ digest, name, mediaType }) => ({
    ...common,
    digest,
    role: 'attachment' as const,
    name,
    mediaType,
  }));
  const said = listOf(messages).flatMap((message) => {
    const role = sourceOf(message);
    if (role === undefined) return [];
    return [
      { ...common, digest: digestOfText(message.content), role, name: message.name ?? null, mediaType: null },
    ];
  });
  const evidence = listOf(claims).flatMap((claim) =>
    listOf(claim.evidence).map((text) => ({
      ...common,
      digest: digestOfText(text),
      role: 'evidence' as const,
      name: null,
      mediaType: null,
    })),
  );
  return [...files, ...said, ...evidence].slice(0, DATUM_MAX_COUNT);
}

/** Origin of a text that came from somewhere else; undefined for what people and models said. */
function sourceOf({ origin, role }: ConversationMessage): 'tool' | 'retrieved' | undefined {
  const from = origin ?? role;
  return from === 'tool' || from === 'retrieved' ? from : undefined;
}

function digestOfText(text: string): string {
  return hashText(sha256(utf8(text)));
}

/** Sealed requests have no lists, and give no rows. */
function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}
