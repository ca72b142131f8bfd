/** LedgerPort in memory: same hashes, same proofs, same rules as the durable log; gone with the process. */
import { WitanError } from '../../../contracts/errors.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import {
  chainNext,
  chainStart,
  entryCanonical,
  entryLeafHash,
  hashText,
} from '../../../contracts/ledger/leaf.ts';
import { MerkleTree } from '../../../contracts/ledger/tree/merkle-tree.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { RecordProof } from '../../../contracts/messages/proof.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { KeysPort } from '../../kernel/ports/keys.ts';
import { generationOf } from '../ledger/writer-term.ts';
import type {
  LedgerCheckpoint,
  LedgerEntry,
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
  WriterTerm,
} from '../../kernel/ports/ledger.ts';
import { DecisionIndex } from '../ledger/decision-index.ts';
import { digestIn, freezeInput, openedConflict, type FrozenInput } from '../ledger/entry-input.ts';
import { LogSigner } from '../ledger/log-signer.ts';
import { recordedEntry } from '../ledger/recorded-entry.ts';

/**
 * What goes wrong with one append. `refused`: not written, `storage_failed`. `reply-lost`: written,
 * `unavailable`. `lost`: not written, `unavailable`. `silent`: written, and the promise never settles.
 */
export type MemoryLedgerFault = 'refused' | 'reply-lost' | 'lost' | 'silent';

/** Settings of {@link MemoryLedger}. */
export interface MemoryLedgerOptions {
  readonly logId: string;
  readonly clock: Clock;
  readonly keys: KeysPort;
  /** Asked once per append that would write; undefined: nothing goes wrong. */
  readonly fault?: (input: LedgerEntryInput) => MemoryLedgerFault | undefined;
  /** Time from append to receipt, ms; default 0: in the next microtask. */
  readonly latencyMs?: () => number;
}

/** See LedgerPort. Entries take their place in the order of the calls. */
export class MemoryLedger implements LedgerPort {
  readonly logId: string;
  readonly #options: MemoryLedgerOptions;
  readonly #signer: LogSigner;
  readonly #tree = new MerkleTree(sha256);
  readonly #decisions = new DecisionIndex();
  readonly #entries: LedgerEntry[] = [];
  #chain: Uint8Array;
  #generation = 0;
  #closed = false;

  constructor(options: MemoryLedgerOptions) {
    this.logId = options.logId;
    this.#options = options;
    this.#signer = new LogSigner(options.logId, options.keys);
    this.#chain = chainStart(options.logId, sha256);
  }

  /** See LedgerPort. */
  async append(input: LedgerEntryInput, term: WriterTerm = {}): Promise<LedgerReceipt> {
    if (this.#closed) throw new WitanError('storage_failed', 'the log is closed');
    const frozen = freezeInput(input);
    const generation = generationOf(term, this.#generation);
    const first = this.#first(frozen);
    if (first) return this.#receipt(first, false);
    const fault = this.#options.fault?.(input);
    if (fault === 'refused') throw new WitanError('storage_failed', 'the log refused the write');
    if (fault === 'lost') throw new WitanError('unavailable', 'the outcome of the append is unknown');
    this.#generation = generation;
    const entry = this.#write(frozen);
    if (fault === 'reply-lost') throw new WitanError('unavailable', 'the outcome of the append is unknown');
    if (fault === 'silent') return new Promise<never>(() => {});
    const latencyMs = this.#options.latencyMs?.() ?? 0;
    if (latencyMs > 0) await new Promise<void>((done) => this.#options.clock.setTimer(latencyMs, done));
    return this.#receipt(entry, true);
  }

  /** See LedgerPort. */
  async byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    return this.#decisions.of(decisionId).map((index) => this.#entries[index]!);
  }

  /** See LedgerPort. */
  async entry(index: number): Promise<LedgerEntry | undefined> {
    return this.#entries[index];
  }

  /** See LedgerPort. */
  async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    const end = this.#entries.length;
    for (let index = Math.max(0, fromIndex); index < end; index += 1) yield this.#entries[index]!;
  }

  /** See LedgerPort. */
  size(): number {
    return this.#entries.length;
  }

  /** See LedgerPort. */
  async checkpoint(): Promise<LedgerCheckpoint> {
    const root = toHex(this.#tree.root());
    return this.#signer.sign({
      logId: this.logId,
      size: this.size(),
      root,
      chainHash: hashText(this.#chain),
    });
  }

  /** See LedgerPort. */
  async proof(index: number): Promise<RecordProof> {
    const entry = this.#entries[index];
    if (!entry)
      throw new WitanError('not_found', `the log has no entry ${index}`, { index, size: this.size() });
    const checkpoint = await this.checkpoint();
    return this.#signer.bundle(entry, checkpoint, this.#tree.inclusionProof(index, checkpoint.size));
  }

  /** See LedgerPort. */
  async inclusion(index: number, size: number): Promise<string[]> {
    return this.#tree.inclusionProof(index, size).map(toHex);
  }

  /** See LedgerPort. */
  async consistency(fromSize: number, toSize: number): Promise<string[]> {
    return this.#tree.consistencyProof(fromSize, toSize).map(toHex);
  }

  /** See LedgerPort. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#tree.tile(level, index, width);
  }

  /** See LedgerPort. Entries stay readable. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  #first(input: FrozenInput): LedgerEntry | undefined {
    if (!input.unique) return undefined;
    const index = this.#decisions.unique(input.decisionId!, input.unique);
    const first = index === undefined ? undefined : this.#entries[index]!;
    if (!first || input.decisionDigest === undefined) return first;
    const recorded = digestIn(first.payload);
    if (recorded !== input.decisionDigest)
      throw openedConflict(input.decisionId!, recorded, input.decisionDigest);
    return first;
  }

  #write({ kind, tenant, decisionId, payloadText }: FrozenInput): LedgerEntry {
    const index = this.#entries.length;
    const header = { index, atWallMs: Math.floor(this.#options.clock.wallMs()), kind, tenant, decisionId };
    const canonical = entryCanonical({ ...header, previous: hashText(this.#chain) }, payloadText);
    const leaf = entryLeafHash(canonical, sha256);
    this.#chain = chainNext(this.#chain, leaf, sha256);
    this.#tree.append(leaf);
    const hashes = { leafHash: hashText(leaf), chainHash: hashText(this.#chain) };
    const entry = recordedEntry({ ...header, ...hashes }, () => canonical);
    this.#entries.push(entry);
    this.#decisions.add(decisionId, kind, index);
    return entry;
  }

  #receipt(entry: LedgerEntry, appended: boolean): LedgerReceipt {
    return { logId: this.logId, index: entry.index, leafHash: entry.leafHash, appended, entry };
  }
}
