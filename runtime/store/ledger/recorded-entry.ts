/** Entries as a ledger gives them out. */
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { LedgerEntry, LedgerEntryKind } from '../../kernel/ports/ledger.ts';

/** What an entry is made of besides its text. */
export interface EntryParts {
  readonly index: number;
  readonly atWallMs: number;
  readonly kind: LedgerEntryKind;
  readonly tenant: string;
  readonly decisionId: DecisionId | undefined;
  /** `sha256:` + hex. */
  readonly leafHash: string;
  readonly chainHash: string;
  /** What the writer gave, where it can never change; else it is read from the text. */
  readonly given?: unknown;
}

/**
 * Entry whose text and payload are made on first use: most receipts are never looked into, and what a reader
 * gets is what was hashed, not what the writer held and may have changed since. Both are own properties, so
 * that copies of the entry keep them.
 */
export function recordedEntry(parts: EntryParts, canonicalText: () => string): LedgerEntry {
  let canonical: string | undefined;
  let payload = parts.given;
  return {
    index: parts.index,
    atWallMs: parts.atWallMs,
    kind: parts.kind,
    tenant: parts.tenant,
    decisionId: parts.decisionId,
    leafHash: parts.leafHash,
    chainHash: parts.chainHash,
    get canonical() {
      return (canonical ??= canonicalText());
    },
    get payload() {
      return (payload ??= (JSON.parse((canonical ??= canonicalText())) as { payload: unknown }).payload);
    },
  };
}
