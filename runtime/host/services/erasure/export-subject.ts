/** Gathers what the record holds on a person, page by page, and says so on the record (PRV-06). */
import { sealedEventIn, sealedIn } from '../../../../agents/platform/audit/erasure/concerned.ts';
import { auditLogId } from '../../../../contracts/ledger/audit/audit-log-id.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { Digest } from '../../../../contracts/messages/ids.ts';
import { ErasureEntry } from '../../../../contracts/messages/privacy/erasure.ts';
import { SubjectExportRequest } from '../../../../contracts/messages/privacy/subject-export.ts';
import type {
  ExportedEntry,
  ExportedRecord,
  SubjectExport,
} from '../../../../contracts/messages/privacy/subject-export.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { SubjectKeysPort } from '../../../kernel/ports/crypto/subject-keys.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { LedgerEntry, LedgerPort } from '../../../kernel/ports/ledger.ts';
import { openEvent } from '../../../store/privacy/sealed-event.ts';

/** Where the schema of a page stands. */
const SCHEMA = '/api/v1/openapi.json#/components/schemas/SubjectExport';
/** Entries of the log that one page reads. */
const READ_MAX_COUNT = 20_000;
/** Characters of content after which a page ends. */
const CONTENT_MAX_LENGTH = 8_000_000;

/** What an export is made from. */
export interface ExportParts {
  /** The log as readers with the keys see it; appends go through the trail. */
  readonly ledger: LedgerPort;
  /** The record as it is hashed: sealed. */
  readonly recorded: LedgerPort;
  readonly keys: SubjectKeysPort;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Position of the entry that certifies the destruction of one of these keys. */
  entryOf(keyIds: readonly string[]): Promise<number | undefined>;
}

interface Person {
  readonly tenant: string;
  readonly subject: string;
  readonly tag: string;
}

/** One page for a caller, of their own tenant; it is on the record before it is given. @throws storage_failed */
export async function exportSubject(
  given: SubjectExportRequest,
  { tenant, id }: Principal,
  parts: ExportParts,
): Promise<SubjectExport> {
  const { subject, cursor, limit } = SubjectExportRequest.parse(given);
  const { ledger, keys, clock } = parts;
  const tag = keys.tagOf({ tenant, subject });
  const [fromIndex, logSize] = cursor?.split('.').map(Number) ?? [0, ledger.size()];
  if (logSize! > ledger.size() || fromIndex! > logSize!) {
    const details = { path: 'cursor', expected: 'the nextCursor of a page of this node' };
    throw new WitanError('invalid_argument', 'the cursor names entries that are not there', details);
  }
  const page = await readPage({ tenant, subject, tag }, parts, {
    fromIndex: fromIndex!,
    endIndex: logSize!,
    limit,
  });
  const said = { subjectTag: tag, logSize, fromIndex, itemCount: page.items.length };
  const at = new Date(clock.wallMs()).toISOString();
  const audit = { category: 'accountability' };
  const payload = { event: 'privacy-export', ...said, by: id, at, audit };
  await ledger.append({ kind: 'event', tenant, payload });
  return {
    format: 'witan-subject-export/1',
    schema: SCHEMA,
    tenant,
    logId: ledger.logId,
    logSize: logSize!,
    subjectTag: tag,
    items: page.items,
    nextCursor: page.nextIndex < logSize! ? `${page.nextIndex}.${logSize}` : null,
  };
}

async function readPage(
  person: Person,
  parts: ExportParts,
  { fromIndex, endIndex, limit }: { fromIndex: number; endIndex: number; limit: number },
): Promise<{ items: ExportedRecord[]; nextIndex: number }> {
  const items: ExportedRecord[] = [];
  let nextIndex = fromIndex;
  let length = 0;
  for await (const entry of parts.recorded.read(fromIndex)) {
    const isFull = items.length >= limit || length > CONTENT_MAX_LENGTH;
    if (entry.index >= endIndex || isFull || entry.index - fromIndex >= READ_MAX_COUNT) break;
    nextIndex = entry.index + 1;
    const item = entry.tenant === person.tenant ? await recordOf(entry, person, parts) : undefined;
    if (!item) continue;
    items.push({ ...item, entries: item.entries.filter(({ index }) => index < endIndex) });
    length += JSON.stringify(item).length;
  }
  return { items, nextIndex };
}

async function recordOf(
  entry: LedgerEntry,
  person: Person,
  parts: ExportParts,
): Promise<ExportedRecord | undefined> {
  if (entry.kind === 'opened') return decisionOf(entry, person, parts);
  const sealed = sealedEventIn(entry);
  if (sealed?.subjectTags.includes(person.tag) === true) {
    const said = await openEvent(parts.keys, entry.payload);
    const { sealed: _sealed, ...plain } = entry.payload as Record<string, unknown>;
    const content = said === 'erased' ? null : { ...plain, ...said };
    const state = content === null ? ('erased' as const) : ('open' as const);
    const erasure = content === null ? await erasureOf(sealed.sealed.keyId, parts) : null;
    return { type: 'event', decisionId: null, state, erasure, entries: [exported(entry, content, parts)] };
  }
  if (!isAbout(entry, person)) return undefined;
  const entries = [exported(entry, entry.payload, parts)];
  return { type: 'privacy', decisionId: null, state: 'plain', erasure: null, entries };
}

async function decisionOf(
  opened: LedgerEntry,
  { subject, tag }: Person,
  parts: ExportParts,
): Promise<ExportedRecord | undefined> {
  const sealed = sealedIn(opened);
  const { request } = opened.payload as { readonly request?: { readonly subjects?: readonly string[] } };
  const isOf = sealed ? sealed.subjectTags.includes(tag) : request?.subjects?.includes(subject) === true;
  if (!isOf) return undefined;
  const decisionId = opened.decisionId!;
  const isErased = sealed !== undefined && parts.keys.isErased(sealed.sealed.keyId);
  const entries = isErased
    ? (await parts.recorded.byDecision(decisionId)).map((entry) => exported(entry, null, parts))
    : (await parts.ledger.byDecision(decisionId)).map((entry) => exported(entry, entry.payload, parts));
  const state = sealed === undefined ? 'plain' : isErased ? 'erased' : 'open';
  const erasure = isErased ? await erasureOf(sealed.sealed.keyId, parts) : null;
  return { type: 'decision', decisionId, state, erasure, entries };
}

/** Erasures, refusals, holds and exports name the person by the pseudonym. */
function isAbout({ kind, payload }: LedgerEntry, { tag }: Person): boolean {
  if (kind !== 'event' && kind !== 'admin') return false;
  const { subjectTag, certificate } = payload as {
    readonly subjectTag?: unknown;
    readonly certificate?: { readonly body?: { readonly subjectTag?: unknown } };
  };
  return subjectTag === tag || certificate?.body?.subjectTag === tag;
}

async function erasureOf(
  keyId: string,
  { entryOf, recorded }: ExportParts,
): Promise<ExportedRecord['erasure']> {
  const index = await entryOf(keyId.split('+'));
  const entry = index === undefined ? undefined : await recorded.entry(index);
  const said = ErasureEntry.safeParse(withoutEnvelope(entry?.payload)).data;
  if (!said || index === undefined) return null;
  return { erasureId: said.erasureId, recordedAt: index, certificate: said.certificate };
}

function exported(entry: LedgerEntry, content: unknown, { ledger }: ExportParts): ExportedEntry {
  const { index, atWallMs, kind, leafHash, decisionId } = entry;
  const isOfDecision = decisionId !== undefined && kind !== 'event' && kind !== 'admin';
  const proof = isOfDecision
    ? `/api/v1/decisions/${decisionId}/proof`
    : `/api/v1/audit/${auditLogId(ledger.logId, index, sha256)}/proof`;
  return {
    index,
    at: new Date(atWallMs).toISOString(),
    kind,
    leafHash: leafHash as Digest,
    proof,
    content: content === null ? null : (withoutSalt(content) as ExportedEntry['content']),
  };
}

/** A copy as JSON, without the salt: it belongs to the proof, which gives it to whoever may read it. */
function withoutSalt(content: unknown): unknown {
  const { salt: _salt, ...rest } = JSON.parse(JSON.stringify(content)) as Record<string, unknown>;
  return rest;
}

function withoutEnvelope(payload: unknown): unknown {
  const { audit: _audit, ...rest } = (payload ?? {}) as Record<string, unknown>;
  return rest;
}
