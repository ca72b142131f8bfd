/**
 * Entries on their way to the core of a log: one after another in one buffer, which may go to another thread.
 *
 * | bytes | field |
 * |---|---|
 * | 0–3 | length of the middle in bytes |
 * | 4–9 | generation of the writer's lease |
 * | 10 | kind, as {@link KINDS} counts |
 * | 11 | 1 when a decision's id follows |
 * | 12–13 | length of the end in bytes |
 * | 14–… | id (33 ASCII bytes, or none), middle, end |
 *
 * Middle and end are parts of the entry's canonical text as they stand in it: from the kind to where the
 * previous hash begins, and from where that ends. Numbers are little-endian. Index, time and hashes are the
 * core's to give.
 */
import type { LedgerEntryKind } from '../../../kernel/ports/ledger.ts';
import type { FrozenInput } from '../../ledger/entry-input.ts';

/** Kinds of entries by the number that stands for them in batches and in rows; only ever appended to. */
export const KINDS: readonly LedgerEntryKind[] = [
  'opened',
  'final',
  'resolution',
  'late-ballot',
  'key',
  'admin',
  'event',
];

/** Bytes before an entry's id, middle and end. */
export const BATCHED_HEADER_BYTES = 14;
/** Bytes of a decision's id: `d` and 32 hex digits. */
export const DECISION_ID_BYTES = 33;

const KIND_CODES = new Map(KINDS.map((kind, code) => [kind, code]));
const FIRST_BYTES = 65_536;

/** Gathers entries; its buffer is its own, so that it can be handed to another thread and taken back. */
export class AppendBatch {
  #buffer: Buffer;
  #length = 0;
  #count = 0;

  constructor(buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)) {
    this.#buffer = buffer;
  }

  /** Entries in it. */
  get count(): number {
    return this.#count;
  }

  /** Bytes in use. */
  get byteLength(): number {
    return this.#length;
  }

  /** The entries. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Takes up an entry. */
  add(input: FrozenInput, generation: number): void {
    const { kind, decisionId, tenantText, payloadText } = input;
    const idBytes = decisionId === undefined ? 0 : DECISION_ID_BYTES;
    const middle = `,"kind":"${kind}","payload":${payloadText},"previous":"sha256:`;
    const tail = `","tenant":${tenantText}}`;
    this.#reserve(BATCHED_HEADER_BYTES + idBytes + (middle.length + tail.length) * 3);
    const buffer = this.#buffer;
    const at = this.#length;
    let end = at + BATCHED_HEADER_BYTES;
    if (decisionId !== undefined) end += buffer.write(decisionId, end, DECISION_ID_BYTES, 'latin1');
    const middleBytes = buffer.write(middle, end, 'utf8');
    end += middleBytes;
    const tailBytes = buffer.write(tail, end, 'utf8');
    buffer.writeUInt32LE(middleBytes, at);
    buffer.writeUIntLE(generation, at + 4, 6);
    buffer[at + 10] = KIND_CODES.get(kind)!;
    buffer[at + 11] = idBytes === 0 ? 0 : 1;
    buffer.writeUInt16LE(tailBytes, at + 12);
    this.#length = end + tailBytes;
    this.#count += 1;
  }

  #reserve(byteLength: number): void {
    const needed = this.#length + byteLength;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
