/** Receipts of appended entries: text and hashes are made when somebody asks, which most never do. */
import { entryCanonical, hashText } from '../../../contracts/ledger/leaf.ts';
import type { LedgerEntry, LedgerReceipt } from '../../kernel/ports/ledger.ts';
import type { FrozenInput } from '../ledger/entry-input.ts';
import { recordedEntry } from '../ledger/recorded-entry.ts';
import type { BatchOutcome } from './core/log-engine.ts';

const HASH_BYTES = 32;

/** A batch whose first entries are durable. */
export interface DurableBatch extends Pick<
  BatchOutcome,
  'firstIndex' | 'leaves' | 'chains' | 'previousChain'
> {
  readonly logId: string;
  readonly atWallMs: number;
}

/** Receipt of the entry that came `nth` in a batch. */
export class AppendReceipt implements LedgerReceipt {
  readonly appended = true;
  readonly #batch: DurableBatch;
  readonly #nth: number;
  readonly #input: FrozenInput;
  #entry: LedgerEntry | undefined;

  constructor(batch: DurableBatch, nth: number, input: FrozenInput) {
    this.#batch = batch;
    this.#nth = nth;
    this.#input = input;
  }

  get logId(): string {
    return this.#batch.logId;
  }

  get index(): number {
    return this.#batch.firstIndex + this.#nth;
  }

  get leafHash(): string {
    return hashText(hashAt(this.#batch.leaves, this.#nth));
  }

  get entry(): LedgerEntry {
    return (this.#entry ??= this.#makeEntry());
  }

  #makeEntry(): LedgerEntry {
    const { kind, tenant, decisionId, payloadText, given } = this.#input;
    const { atWallMs, chains, previousChain } = this.#batch;
    const previous = this.#nth === 0 ? previousChain : hashAt(chains, this.#nth - 1);
    const header = { index: this.index, atWallMs, kind, tenant, decisionId };
    const hashes = { leafHash: this.leafHash, chainHash: hashText(hashAt(chains, this.#nth)) };
    const canonical = (): string => entryCanonical({ ...header, previous: hashText(previous) }, payloadText);
    return recordedEntry({ ...header, ...hashes, given }, canonical);
  }
}

function hashAt(hashes: Uint8Array, nth: number): Uint8Array {
  return hashes.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES);
}
