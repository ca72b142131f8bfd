/** Entries as a ledger gives them out. */
import { entryLeafHash, hashText, parseEntry } from '../../../contracts/ledger/leaf.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { LedgerEntry, LedgerEntryKind } from '../../kernel/ports/ledger.ts';

/** What an entry is made of besides its payload. */
export interface EntryParts {
  readonly index: number;
  readonly atWallMs: number;
  readonly kind: LedgerEntryKind;
  readonly tenant: string;
  readonly decisionId: DecisionId | undefined;
  readonly canonical: string;
  /** `sha256:` + hex. */
  readonly leafHash: string;
  readonly chainHash: string;
}

/**
 * Entry whose payload is parsed from the canonical text on first use: most receipts are never looked into, and
 * what a reader gets is what was hashed, not what the writer held.
 */
export function recordedEntry(parts: EntryParts): LedgerEntry {
  let payload: unknown;
  let parsed = false;
  const { decisionId, ...rest } = parts;
  return {
    ...rest,
    ...(decisionId === undefined ? {} : { decisionId }),
    get payload() {
      if (!parsed) payload = (JSON.parse(parts.canonical) as { payload: unknown }).payload;
      parsed = true;
      return payload;
    },
  };
}

/** Entry read back from its canonical text. @throws bad_encoding, invalid_argument for a damaged text */
export function entryOf(canonical: string, chainHash: string): LedgerEntry {
  const { index, atWallMs, kind, tenant, decisionId, payload } = parseEntry(canonical);
  const leafHash = hashText(entryLeafHash(canonical, sha256));
  const header = { index, atWallMs, kind, tenant, payload, canonical, leafHash, chainHash };
  return decisionId === undefined ? header : { ...header, decisionId: decisionId as DecisionId };
}
