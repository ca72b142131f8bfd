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
 * gets is what was hashed, not what the writer held and may have changed since.
 */
export function recordedEntry(parts: EntryParts, canonicalText: () => string): LedgerEntry {
  return new RecordedEntry(parts, canonicalText);
}

/**
 * A class, because a literal with getters has a hidden class of its own for each entry: that, and with it the
 * text, would live until the next full collection. Text and payload are no own properties: no `{...entry}`.
 */
class RecordedEntry implements LedgerEntry {
  readonly index: number;
  readonly atWallMs: number;
  readonly kind: LedgerEntryKind;
  readonly tenant: string;
  readonly decisionId: DecisionId;
  readonly leafHash: string;
  readonly chainHash: string;
  readonly #canonicalText: () => string;
  #canonical: string | undefined;
  #payload: unknown;

  constructor(parts: EntryParts, canonicalText: () => string) {
    this.index = parts.index;
    this.atWallMs = parts.atWallMs;
    this.kind = parts.kind;
    this.tenant = parts.tenant;
    // As the port has it: absent for entries of no decision.
    this.decisionId = parts.decisionId!;
    this.leafHash = parts.leafHash;
    this.chainHash = parts.chainHash;
    this.#canonicalText = canonicalText;
    this.#payload = parts.given;
  }

  get canonical(): string {
    return (this.#canonical ??= this.#canonicalText());
  }

  get payload(): unknown {
    return (this.#payload ??= (JSON.parse(this.canonical) as { payload: unknown }).payload);
  }

  /** All of it, as plain data. */
  toJSON(): LedgerEntry {
    const { index, atWallMs, kind, tenant, decisionId, leafHash, chainHash, canonical, payload } = this;
    return { index, atWallMs, kind, tenant, decisionId, leafHash, chainHash, canonical, payload };
  }
}
