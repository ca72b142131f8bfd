/** Turns waiting inputs into the bytes of one group commit. */
import { hash } from 'node:crypto';
import { chainNext, entryFrame, hashText, MAX_ENTRY_BYTES } from '../../../contracts/ledger/leaf.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { LedgerEntry, LedgerReceipt } from '../../kernel/ports/ledger.ts';
import type { FrozenInput } from '../ledger/entry-input.ts';
import { recordedEntry } from '../ledger/recorded-entry.ts';
import { FRAME_HEADER_BYTES, sealFrame } from './frame.ts';

/** An append that waits for its sync. */
export interface WaitingAppend {
  readonly input: FrozenInput;
  readonly generation: number;
  readonly resolve: (entry: LedgerEntry) => void;
  readonly reject: (error: WitanError) => void;
}

/** One entry of a built batch. */
export interface BatchedEntry {
  readonly waiting: WaitingAppend;
  readonly entry: LedgerEntry;
  readonly leafHash: Uint8Array;
  /** From the start of the batch. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Head that a batch continues. */
export interface BatchStart {
  readonly size: number;
  readonly chain: Uint8Array;
  readonly atWallMs: number;
  /** Bytes that are left in the segment. */
  readonly roomBytes: number;
}

/** Entries that one batch may have. */
export const MAX_BATCH_ENTRIES = 4_096;
const MAX_BATCH_BYTES = 4_194_304;

/** Builds batches in one buffer that is used again and again; a batch is valid until the next is built. */
export class BatchBuilder {
  #buffer = Buffer.alloc(262_144);
  #length = 0;
  #chain: Uint8Array = new Uint8Array(32);
  #entries: BatchedEntry[] = [];

  /** Bytes of the batch. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Entries of the batch, in order. */
  get entries(): readonly BatchedEntry[] {
    return this.#entries;
  }

  /** Hash chain after the batch. */
  get chain(): Uint8Array {
    return this.#chain;
  }

  /**
   * Takes inputs from the front of `queue` while they fit; gives how many it took. 0: the segment is full.
   * The queue itself is left as it is.
   */
  build(queue: readonly WaitingAppend[], start: BatchStart): number {
    this.#length = 0;
    this.#chain = start.chain;
    this.#entries = [];
    const most = Math.min(queue.length, MAX_BATCH_ENTRIES);
    while (this.#entries.length < most && this.#length < MAX_BATCH_BYTES) {
      if (!this.#add(queue[this.#entries.length]!, start)) break;
    }
    return this.#entries.length;
  }

  #add(waiting: WaitingAppend, start: BatchStart): boolean {
    const { kind, tenant, decisionId, payload, given } = waiting.input;
    const header = {
      index: start.size + this.#entries.length,
      atWallMs: start.atWallMs,
      kind,
      tenant,
      decisionId,
    };
    const [head, tail] = entryFrame({ ...header, previous: hashText(this.#chain) });
    const at = this.#length;
    const textAt = at + FRAME_HEADER_BYTES;
    // Head and tail hold a tenant at most: UTF-8 takes up to three bytes per UTF-16 code unit.
    this.#reserve(textAt + payload.length + (head.length + tail.length) * 3);
    let end = textAt + this.#buffer.write(head, textAt, 'utf8');
    end += payload.copy(this.#buffer, end);
    end += this.#buffer.write(tail, end, 'utf8');
    const length = end - textAt;
    const byteLength = FRAME_HEADER_BYTES + length;
    if (at + byteLength > start.roomBytes) return false;
    // The byte before the text is the leaf prefix; the buffer may hold an older batch there.
    this.#buffer[at + FRAME_HEADER_BYTES - 1] = 0;
    const leafHash = hash(
      'sha256',
      this.#buffer.subarray(at + FRAME_HEADER_BYTES - 1, at + byteLength),
      'buffer',
    );
    const chain = chainNext(this.#chain, leafHash, sha256);
    const fields = {
      index: header.index,
      generation: waiting.generation,
      syncedSize: start.size,
      length,
      chain,
    };
    sealFrame(this.#buffer, at, fields);
    const hashes = { leafHash: hashText(leafHash), chainHash: hashText(chain) };
    const entry = recordedEntry({ ...header, ...hashes, given }, () => head + payload.toString() + tail);
    this.#entries.push({ waiting, entry, leafHash, offset: at, byteLength });
    this.#length = at + byteLength;
    this.#chain = chain;
    return true;
  }

  #reserve(byteLength: number): void {
    if (byteLength <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(byteLength, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Refuses an input that would not fit into `frameBytes`, before it is queued. @throws too_large */
export function checkEntryBytes(input: FrozenInput, frameBytes: number): void {
  // Frame header and the entry's own header fields take far less than this.
  const most = Math.min(MAX_ENTRY_BYTES, frameBytes) - 2_048;
  if (input.payload.length <= most) return;
  throw new WitanError('too_large', `an entry has at most ${most} bytes`, {
    path: 'payload',
    expected: `${most} bytes`,
  });
}

/** Receipt of an entry. */
export function receiptOf(logId: string, entry: LedgerEntry, appended: boolean): LedgerReceipt {
  return { logId, index: entry.index, leafHash: entry.leafHash, appended, entry };
}
