/** From a ledger entry to its rows in the index of the trail: pure, shared by every implementation. */
import { decisionOf, describeEntry } from '../../../contracts/ledger/audit/audit-entry.ts';
import { fieldsOf } from '../../../contracts/ledger/audit/described-entry.ts';
import type { DescribedEntry } from '../../../contracts/ledger/audit/described-entry.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import { hashText } from '../../../contracts/ledger/leaf.ts';
import type { ConversationMessage, DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { SealedOpened } from '../../../contracts/messages/privacy/sealed-record.ts';
import { sha256 } from '../crypto/digest.ts';
import type { IndexedAuditEntry, IndexedDatum } from '../ports/audit/audit-index.ts';
import type { LedgerEntry } from '../ports/ledger.ts';

/** One datum of a request. */
export type Datum = Pick<IndexedDatum, 'digest' | 'role' | 'name' | 'mediaType'>;

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

/** Data of an `opened` entry, plain or sealed; of a sealed one the digests are tags, see {@link datumTag}. */
export function dataOf(entry: LedgerEntry): IndexedDatum[] {
  const { decisionId, index, tenant, payload } = entry;
  if (decisionId === undefined) return [];
  const { request, data } = fieldsOf(payload) as Partial<Pick<SealedOpened, 'data'>> & { request?: unknown };
  const sealed = listOf(data).map(({ tag, role }) => ({
    digest: datumTag(tag),
    role,
    name: null,
    mediaType: null,
  }));
  const plain = requestData(fieldsOf(request) as Partial<DecisionRequest>);
  return [...plain, ...sealed].map((datum) => ({ index, tenant, decisionId, ...datum }));
}

/** How the index calls a datum of which the record holds a pseudonym alone. */
export function datumTag(tag: string): string {
  return `tag:${tag}`;
}

/** What a request brought along, in its order: files, and texts that came from somewhere else. */
export function requestData({
  attachments,
  messages,
  claims,
}: Partial<Pick<DecisionRequest, 'attachments' | 'messages' | 'claims'>>): Datum[] {
  const files = listOf(attachments).map(({ digest, name, mediaType }) => ({
    digest,
    role: 'attachment' as const,
    name,
    mediaType,
  }));
  const said = listOf(messages).flatMap((message) => {
    const role = sourceOf(message);
    if (role === undefined) return [];
    return [{ digest: digestOfText(message.content), role, name: message.name ?? null, mediaType: null }];
  });
  const evidence = listOf(claims).flatMap((claim) =>
    listOf(claim.evidence).map((text) => ({
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
