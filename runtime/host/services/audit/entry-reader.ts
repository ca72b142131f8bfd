/** Reads entries of the trail in the form that everybody sees, signed with the key of the log. */
import { auditBody, signAuditEntry } from '../../../../contracts/ledger/audit/audit-entry.ts';
import { indexOfAuditLogId } from '../../../../contracts/ledger/audit/audit-log-id.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { AuditEntry, AuditProof } from '../../../../contracts/messages/audit/entry.ts';
import type { FinalPayload } from '../../../../contracts/messages/final.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { KeysPort } from '../../../kernel/ports/keys.ts';
import type { LedgerEntry, LedgerPort } from '../../../kernel/ports/ledger.ts';
import { CHECKPOINT_PURPOSE } from '../../../store/ledger/log-signer.ts';
import type { InputSalt } from './input-salt.ts';

/** What a reader works with. */
export interface EntryReaderParts {
  readonly ledger: LedgerPort;
  readonly keys: KeysPort;
  readonly salt: InputSalt;
  /** Hash of the transaction that anchors an index; null: none yet. */
  readonly transactionOf: (index: number) => Promise<string | null>;
}

/** See the file's head. */
export class EntryReader {
  readonly #parts: EntryReaderParts;

  constructor(parts: EntryReaderParts) {
    this.#parts = parts;
  }

  /** Entry behind an id, for whoever may see entries of one of `tenants`. @throws not_found */
  async find(logId: string, tenants: readonly string[]): Promise<LedgerEntry> {
    const { ledger } = this.#parts;
    const index = indexOfAuditLogId(logId, ledger.logId, sha256);
    const entry = index === undefined || index >= ledger.size() ? undefined : await ledger.entry(index);
    if (entry && tenants.includes(entry.tenant)) return entry;
    throw new WitanError('not_found', 'there is no such entry', {
      path: 'logId',
      expected: 'the id of an entry',
    });
  }

  /** Form of an entry with the transaction that anchors it; asks the anchor, and through it maybe a chain. */
  async anchoredFormOf(entry: LedgerEntry): Promise<AuditEntry> {
    return this.formOf(entry, await this.#parts.transactionOf(entry.index));
  }

  /** Form of an entry, signed now. */
  async formOf(entry: LedgerEntry, transaction: string | null = null): Promise<AuditEntry> {
    const { ledger, keys, salt } = this.#parts;
    const reviewedBy = await this.#reviewer(entry);
    const body = auditBody(asRecorded(entry), {
      logName: ledger.logId,
      sha256,
      inputOf: (input, isSensitive) => salt.inputOf(entry.tenant, input, isSensitive),
      reviewedBy,
      transaction,
    });
    const { keyId } = keys.active(CHECKPOINT_PURPOSE);
    return signAuditEntry(body, { keyId, sign: (bytes) => keys.sign(keyId, bytes) });
  }

  /** Form of the entry at an index that the log holds. */
  async at(index: number): Promise<AuditEntry> {
    const entry = await this.#parts.ledger.entry(index);
    if (!entry) throw new WitanError('unavailable', `entry ${index} cannot be read`);
    return this.formOf(entry);
  }

  /** The form with the proof of the record. */
  async proofOf(entry: LedgerEntry): Promise<AuditProof> {
    const [form, proof] = await Promise.all([this.formOf(entry), this.#parts.ledger.proof(entry.index)]);
    return { format: 'witan-audit-proof/1', entry: form, proof };
  }

  /** Only what is held waits for a person. */
  async #reviewer(entry: LedgerEntry): Promise<string | null> {
    if (entry.kind !== 'final' || entry.decisionId === undefined) return null;
    if ((entry.payload as Partial<FinalPayload>).body?.outcome !== 'held') return null;
    const entries = await this.#parts.ledger.byDecision(entry.decisionId);
    const resolution = entries.find(({ kind }) => kind === 'resolution');
    return resolution ? ((resolution.payload as { readonly by?: string }).by ?? null) : null;
  }
}

/** The entry as it stands on the record: what is sealed there is not in the form that leaves the node. */
function asRecorded(entry: LedgerEntry): LedgerEntry {
  const { payload } = JSON.parse(entry.canonical) as { readonly payload: unknown };
  const { index, atWallMs, kind, tenant, decisionId, leafHash, chainHash, canonical } = entry;
  const same = { index, atWallMs, kind, tenant, leafHash, chainHash, canonical, payload };
  return { ...same, ...(decisionId !== undefined && { decisionId }) };
}
