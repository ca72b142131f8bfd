/** A log whose heads are anchored: the part of the ledger port that the anchor reads. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';

/** See the head of the file. */
export interface AnchoredLog {
  /** Origin line of the log's checkpoints. */
  readonly origin: string;
  size(): number;
  /** Newest signed head; covers every entry acknowledged before the call. */
  checkpoint(): Promise<{ readonly size: number; readonly root: string; readonly note: string }>;
  /** Hex path of the proof that the tree of `toSize` extends the one of `fromSize`. */
  consistency(fromSize: number, toSize: number): Promise<readonly string[]>;
  /** Hex audit path of a record in the tree of `size`. */
  inclusion(index: number, size: number): Promise<readonly string[]>;
  /** RFC 6962 leaf hash of a record, 64 hex digits. @throws not_found */
  leafHash(index: number): Promise<string>;
}

/** The log that a ledger keeps. */
export function anchoredLogOf(ledger: LedgerPort): AnchoredLog {
  return {
    origin: ledger.logId,
    size: () => ledger.size(),
    checkpoint: () => ledger.checkpoint(),
    consistency: (fromSize, toSize) => ledger.consistency(fromSize, toSize),
    inclusion: (index, size) => ledger.inclusion(index, size),
    leafHash: async (index) => {
      const entry = await ledger.entry(index);
      if (entry) return entry.leafHash.slice('sha256:'.length);
      throw new WitanError('not_found', `there is no record ${index}`, { path: 'index' });
    },
  };
}
