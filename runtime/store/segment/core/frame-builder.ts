/** Turns batched entries into frames: text, leaf hash, chain and tree, with next to nothing allocated. */
import { hash } from 'node:crypto';
import { ENTRY_FORMAT } from '../../../../contracts/ledger/leaf.ts';
import { FRAME_HEADER_BYTES, sealFrame } from '../frame.ts';
import { BATCHED_HEADER_BYTES, DECISION_ID_BYTES } from './append-batch.ts';
import { copyHash, HASH_BYTES, HASH_WORDS, type BatchColumns } from './batch-columns.ts';
import { ROW_BYTES, writeRow, writeRowId } from './entry-row.ts';
import type { Peaks } from './peaks.ts';

/** Where frames are built, and what they continue. */
export interface FrameStart {
  readonly atWallMs: number;
  readonly segment: number;
  /** Offset of the first frame in the segment. */
  readonly offset: number;
  /** Bytes that are left in the segment. */
  readonly roomBytes: number;
}

/** Entries of a batch that wait for their frames. */
export interface BatchCursor {
  readonly bytes: Buffer;
  /** Byte at which the next entry begins. */
  at: number;
  /** Entries before it. */
  done: number;
  readonly count: number;
  /** Merkle root that the log must have after the last one; absent: whatever it is. */
  readonly root?: Uint8Array | undefined;
}

// What one write and sync may have: what comes meanwhile waits as long.
const MAX_FRAMES = 4_096;
const MAX_BYTES = 4_194_304;
const FIRST_BYTES = 262_144;
/** More than frame header, head, index and previous hash take together. */
const FRAME_EXTRA_BYTES = 384;

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const HEX = ascii('0123456789abcdef');
const AFTER_ID = ascii(`","format":"${ENTRY_FORMAT}","index":`);
const ZERO = 0x30;

/** See the head of the file; what was built is valid until the next build. */
export class FrameBuilder {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  // Chain up to the last frame, then its leaf: the input of the next link.
  readonly #link = Buffer.alloc(2 * HASH_BYTES);
  readonly #linkWords = new Int32Array(this.#link.buffer, this.#link.byteOffset, 2 * HASH_WORDS);
  readonly #chain = this.#link.subarray(0, HASH_BYTES);
  readonly #fields = { index: 0, generation: 0, syncedSize: 0, length: 0, chain: this.#chain as Uint8Array };
  #atWallMs = -1;
  #head = ascii('');
  #headBeforeId = ascii('');

  /** Frames of the last build. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Chain after the last build: 32 bytes, overwritten by the next. */
  get chain(): Uint8Array {
    return this.#chain;
  }

  /** Continues the log after `chain`, on which `syncedSize` entries are durable. */
  start(chain: Uint8Array, syncedSize: number): void {
    this.#chain.set(chain);
    this.#fields.syncedSize = syncedSize;
    this.#length = 0;
  }

  /** Builds frames while they fit, and moves the cursor on; gives how many it built. */
  build(cursor: BatchCursor, peaks: Peaks, into: BatchColumns, start: FrameStart): number {
    if (start.atWallMs !== this.#atWallMs) this.#setTime(start.atWallMs);
    let count = 0;
    while (cursor.done < cursor.count && count < MAX_FRAMES && this.#length < MAX_BYTES) {
      if (!this.#frame(cursor, peaks, into, start)) break;
      count += 1;
    }
    return count;
  }

  #setTime(atWallMs: number): void {
    this.#atWallMs = atWallMs;
    this.#head = ascii(`{"atWallMs":${atWallMs},"format":"${ENTRY_FORMAT}","index":`);
    this.#headBeforeId = ascii(`{"atWallMs":${atWallMs},"decisionId":"`);
  }

  #frame(cursor: BatchCursor, peaks: Peaks, into: BatchColumns, start: FrameStart): boolean {
    const { bytes, at: from } = cursor;
    const kindCode = bytes[from + 10]!;
    const hasId = bytes[from + 11] === 1;
    const idAt = from + BATCHED_HEADER_BYTES;
    const middleAt = hasId ? idAt + DECISION_ID_BYTES : idAt;
    const tailAt = middleAt + bytes.readUInt32LE(from);
    const nextAt = tailAt + bytes.readUInt16LE(from + 12);
    const at = this.#length;
    this.#reserve(at + FRAME_EXTRA_BYTES + nextAt - middleAt);
    const textAt = at + FRAME_HEADER_BYTES;
    let end = hasId
      ? this.#copy(AFTER_ID, this.#copyFrom(bytes, idAt, middleAt, this.#copy(this.#headBeforeId, textAt)))
      : this.#copy(this.#head, textAt);
    end = this.#number(peaks.size, end);
    end = this.#hex(this.#copyFrom(bytes, middleAt, tailAt, end));
    end = this.#copyFrom(bytes, tailAt, nextAt, end);
    const byteLength = end - at;
    if (at + byteLength > start.roomBytes) return false;
    this.#seal(at, end, { index: peaks.size, generation: bytes.readUIntLE(from + 4, 6) });
    const place = cursor.done * HASH_WORDS;
    copyHash(this.#linkWords, HASH_WORDS, into.leaves, place);
    copyHash(this.#linkWords, 0, into.chains, place);
    const row = cursor.done * ROW_BYTES;
    const { segment, offset } = start;
    writeRow(into.rows, row, { segment, offset: offset + at, byteLength, kindCode });
    if (hasId) writeRowId(into.rows, row, { bytes, at: idAt });
    peaks.append(into.leaves, place, into.completed);
    this.#length = end;
    cursor.at = nextAt;
    cursor.done += 1;
    return true;
  }

  /** Leaf hash, chain and frame header of the text that ends at `end`. */
  #seal(at: number, end: number, { index, generation }: { index: number; generation: number }): void {
    const buffer = this.#buffer;
    const leafAt = at + FRAME_HEADER_BYTES - 1;
    // The byte before the text is the leaf prefix; the buffer may hold an older batch there.
    buffer[leafAt] = 0;
    const leaf = hash('sha256', viewOf(buffer, leafAt, end), 'binary');
    this.#link.write(leaf, HASH_BYTES, HASH_BYTES, 'latin1');
    this.#link.write(hash('sha256', this.#link, 'binary'), 0, HASH_BYTES, 'latin1');
    const fields = this.#fields;
    fields.index = index;
    fields.generation = generation;
    fields.length = end - leafAt - 1;
    sealFrame(buffer, at, fields);
  }

  #copy(piece: Buffer, at: number): number {
    this.#buffer.set(piece, at);
    return at + piece.length;
  }

  #copyFrom(bytes: Buffer, begin: number, end: number, at: number): number {
    this.#buffer.set(viewOf(bytes, begin, end), at);
    return at + end - begin;
  }

  #number(value: number, at: number): number {
    let end = at + 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end += 1;
    let rest = value;
    for (let place = end - 1; place >= at; place -= 1) {
      const tens = Math.floor(rest / 10);
      this.#buffer[place] = ZERO + rest - tens * 10;
      rest = tens;
    }
    return end;
  }

  /** The chain before this frame, in hex digits. */
  #hex(at: number): number {
    const buffer = this.#buffer;
    const chain = this.#chain;
    for (let byte = 0; byte < HASH_BYTES; byte += 1) {
      const value = chain[byte]!;
      buffer[at + 2 * byte] = HEX[value >> 4]!;
      buffer[at + 2 * byte + 1] = HEX[value & 15]!;
    }
    return at + 2 * HASH_BYTES;
  }

  #reserve(byteLength: number): void {
    if (byteLength <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(byteLength, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** As `subarray`, which takes more than twice as long. */
function viewOf({ buffer, byteOffset }: Buffer, begin: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + begin, end - begin);
}
