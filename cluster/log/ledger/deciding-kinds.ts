/** Entries of which a decision consists: only nodes that decide may append them. */
import type { LedgerEntryInput, LedgerEntryKind } from '../../../runtime/kernel/ports/ledger.ts';

const DECIDING: ReadonlySet<LedgerEntryKind> = new Set(['opened', 'final', 'resolution', 'late-ballot']);

/** Whether an entry is part of a decision. */
export function isDeciding({ kind }: Pick<LedgerEntryInput, 'kind'>): boolean {
  return DECIDING.has(kind);
}
