/** From an entry of the log to the one form that outsiders see, and back: signing and checking (ACC-02, 03). */
import { AUDIT_ENTRY_FORMAT, AuditEntry, AuditEntryBody } from '../../messages/audit/entry.ts';
import type { AuditInput, AuditSignature } from '../../messages/audit/entry.ts';
import { COMPLIANCE_OF, OVERSIGHT_RULES } from '../../messages/audit/event-kinds.ts';
import { toBase64Url, utf8 } from '../bytes.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { Sha256 } from '../crypto.ts';
import { auditLogId } from './audit-log-id.ts';
import { describeFinal, describeNotice, describeOpened, describeResolution } from './describe-decision.ts';
import { describeAdmin, describeEvent, describeKey } from './describe-event.ts';
import type { DescribedEntry, EntryFacts } from './described-entry.ts';

/** What the form needs beside the entry itself. */
export interface AuditFormParts {
  /** Name of the log. */
  readonly logName: string;
  readonly sha256: Sha256;
  /** Form in which an input is shown; `isSensitive` false: it may be shown as it is. */
  readonly inputOf: (input: unknown, isSensitive: boolean) => AuditInput;
  /** Who reviewed the decision that the entry ends; null: nobody has. */
  readonly reviewedBy?: string | null;
  /** Hash of the transaction that anchors the entry; null: none yet. */
  readonly transaction?: string | null;
}

/** First line of the bytes that the signature of an audit entry covers. */
export const AUDIT_ENTRY_DOMAIN = `${AUDIT_ENTRY_FORMAT}\n`;

const DESCRIBE: Readonly<Record<EntryFacts['kind'], (entry: EntryFacts) => DescribedEntry>> = {
  opened: describeOpened,
  final: describeFinal,
  resolution: describeResolution,
  'late-ballot': describeNotice,
  key: describeKey,
  admin: describeAdmin,
  event: describeEvent,
};

/** What an entry says. One whose payload has no known shape is described by its kind alone: never throws. */
export function describeEntry(entry: EntryFacts): DescribedEntry {
  try {
    return DESCRIBE[entry.kind](entry);
  } catch {
    return { action: `record.${entry.kind}`, category: 'system', actor: { type: 'node', id: 'unknown' } };
  }
}

/** The form of an entry, without its signature. Pure: the same entry and parts give the same body. */
export function auditBody(entry: EntryFacts, parts: AuditFormParts): AuditEntryBody {
  const said = describeEntry(entry);
  const { logName, sha256, inputOf, reviewedBy = null, transaction = null } = parts;
  const rules = COMPLIANCE_OF[said.category];
  return {
    format: AUDIT_ENTRY_FORMAT,
    log_id: auditLogId(logName, entry.index, sha256),
    timestamp: new Date(entry.atWallMs).toISOString(),
    system_id: said.systemId ?? logName,
    decision_id: decisionOf(entry, said),
    action_type: said.action,
    category: said.category,
    actor: said.actor ?? UNKNOWN,
    input: said.input === undefined ? null : inputOf(said.input, said.isSensitive ?? true),
    output: jsonOf(said.output ?? null) as AuditEntryBody['output'],
    context: jsonOf(said.context ?? {}) as AuditEntryBody['context'],
    reasoning: said.reasoning ? said.reasoning.filter((text) => typeof text === 'string') : null,
    confidence: shareOf(said.confidence),
    reviewed_by: typeof said.reviewedBy === 'string' ? said.reviewedBy : reviewedBy,
    blockchain_tx: transaction,
    compliance: said.isOversight === true ? [...rules, ...OVERSIGHT_RULES] : [...rules],
    record: {
      log: logName,
      index: entry.index,
      leaf_hash: entry.leafHash as AuditEntry['record']['leaf_hash'],
    },
  };
}

const UNKNOWN: AuditEntryBody['actor'] = { type: 'node', id: 'unknown' };

/** A copy without what JSON cannot hold: fields that an entry of a newer or foreign node lacks. */
function jsonOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function shareOf(value: number | null | undefined): number | null {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null;
}

/** Decision that an entry belongs to or names; keys of other entries that only look like one are left out. */
export function decisionOf(entry: EntryFacts, said: DescribedEntry): AuditEntryBody['decision_id'] {
  const isOwn = entry.kind !== 'admin' && entry.kind !== 'event' && entry.kind !== 'key';
  const isNotice = typeof (entry.payload as { notice?: unknown } | null)?.notice === 'string';
  const id = isOwn || isNotice ? entry.decisionId : said.decisionId;
  return id !== undefined && /^d[0-9a-f]{32}$/.test(id) ? (id as AuditEntryBody['decision_id']) : null;
}

/** Bytes that the signature of an entry covers: domain line, then the canonical body. */
export function auditSigningBytes(body: AuditEntryBody): Uint8Array {
  return utf8(AUDIT_ENTRY_DOMAIN + canonicalJson(body));
}

/** The body with the signature of the log's key. */
export function signAuditEntry(
  body: AuditEntryBody,
  { keyId, sign }: { readonly keyId: string; readonly sign: (bytes: Uint8Array) => Uint8Array },
): AuditEntry {
  const value = toBase64Url(sign(auditSigningBytes(body)));
  const signature: AuditSignature = { algorithm: 'ed25519', key_id: keyId, value };
  return { ...body, signature };
}
