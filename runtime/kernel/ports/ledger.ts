/** Port: the append-only record. The log is the truth, the database its index. */
import type { DecisionId } from '../../../contracts/messages/ids.ts';

/** Kinds of entries (architecture §1); `event` is everything else that is audited. */
export type LedgerEntryKind = 'opened' | 'final' | 'resolution' | 'late-ballot' | 'key' | 'admin' | 'event';

/** What a writer hands in: JSON values only. */
export interface LedgerEntryInput {
  readonly kind: LedgerEntryKind;
  readonly tenant: string;
  /** Set for entries of one decision. */
  readonly decisionId?: DecisionId;
  readonly payload: unknown;
}

/** An entry as it stands in the log. Read it, do not copy it: text and payload may be made when asked for. */
export interface LedgerEntry extends LedgerEntryInput {
  /** Position, from 0, without gaps. */
  readonly index: number;
  /** `sha256:` + hex of the RFC 6962 leaf. */
  readonly leafHash: string;
  /** Hash chain: `sha256:` + hex over previous chain hash and leaf hash. */
  readonly chainHash: string;
  /** Canonical JSON of the stored entry, as hashed. */
  readonly canonical: string;
  readonly atWallMs: number;
}

/** What a writer writes under (architecture §7). */
export interface WriterTerm {
  /** Of its lease, rising: writers of an older one are refused. Absent: the newest there was. */
  readonly generation?: number | undefined;
  /** Other nodes that must have the entry on their disks too before it is acknowledged. Absent: none. */
  readonly inSync?: readonly string[] | undefined;
}

/** What an append gives back once the entry is durable. */
export interface LedgerReceipt {
  readonly logId: string;
  readonly index: number;
  readonly leafHash: string;
  /** False: an earlier entry of the same identity won and is returned instead (`opened`, `final`). */
  readonly appended: boolean;
  readonly entry: LedgerEntry;
}

/** The same receipt with another reading of its entry; receipts may compute their fields, so none is copied. */
export function withEntry(receipt: LedgerReceipt, entry: LedgerEntry): LedgerReceipt {
  const { logId, index, leafHash, appended } = receipt;
  return { logId, index, leafHash, appended, entry };
}

/** A signed head of the log. */
export interface LedgerCheckpoint {
  readonly logId: string;
  readonly size: number;
  /** Merkle root, 64 hex digits. */
  readonly root: string;
  readonly chainHash: string;
  /** C2SP signed note. */
  readonly note: string;
}

/**
 * Durable, hash-chained log. At most one `opened` and one `final` per decision: the first wins and a second
 * append returns the first entry with `appended: false`; an `opened` with another digest is `conflict`.
 * @throws storage_failed (nothing was written), unavailable (outcome unknown: read by id), stale_writer,
 *   not_supported for an in-sync set that the log cannot write to
 */
export interface LedgerPort {
  readonly logId: string;
  append(entry: LedgerEntryInput, term?: WriterTerm): Promise<LedgerReceipt>;
  /** Entries of one decision in log order. */
  byDecision(decisionId: DecisionId): Promise<LedgerEntry[]>;
  entry(index: number): Promise<LedgerEntry | undefined>;
  /** Entries from `fromIndex` on, to the size at the time of the call. */
  read(fromIndex: number): AsyncIterable<LedgerEntry>;
  size(): number;
  /** Newest signed head; covers every entry acknowledged before the call. */
  checkpoint(): Promise<LedgerCheckpoint>;
  /** Self-contained bundle for `witan verify`: entry, inclusion proof, checkpoint, keys. @throws not_found */
  proof(index: number): Promise<import('../../../contracts/messages/proof.ts').RecordProof>;
  /**
   * RFC 6962 audit path of an entry in the tree of `size` entries: 64 hex digits each, leaf side first.
   * @throws not_found outside the log
   */
  inclusion(index: number, size: number): Promise<string[]>;
  /** RFC 6962 proof that the tree of `toSize` extends that of `fromSize` (≥ 1). @throws not_found */
  consistency(fromSize: number, toSize: number): Promise<string[]>;
  /**
   * Hash tile: `width` (1–256) hashes of 32 bytes; at level L each covers 256^L entries.
   * @throws not_found when the log does not fill it yet @source C2SP tlog-tiles
   */
  tile(level: number, index: number, width: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The same ledger, appending through `append`: for what watches or measures appends. */
export function withAppend(ledger: LedgerPort, append: LedgerPort['append']): LedgerPort {
  return {
    logId: ledger.logId,
    append,
    byDecision: (decisionId) => ledger.byDecision(decisionId),
    entry: (index) => ledger.entry(index),
    read: (fromIndex) => ledger.read(fromIndex),
    size: () => ledger.size(),
    checkpoint: () => ledger.checkpoint(),
    proof: (index) => ledger.proof(index),
    inclusion: (index, size) => ledger.inclusion(index, size),
    consistency: (fromSize, toSize) => ledger.consistency(fromSize, toSize),
    tile: (level, index, width) => ledger.tile(level, index, width),
    close: () => ledger.close(),
  };
}
