/**
 * Takes frames that another node built: each is checked as a scan would, and continues this log or is
 * refused.
 *
 * One field is its own: how many entries were synced when a frame was written. It is a fact of one disk, and
 * tells a torn tail from damage there, so each disk writes its own.
 */
import { WitanError } from '../../../../contracts/errors.ts';
import { equalBytes } from '../../../../contracts/ledger/bytes.ts';
import { hashText, peekHeader } from '../../../../contracts/ledger/leaf.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import { readFrame, sealFrame, type Frame, type FrameFault } from '../frame.ts';
import { SEGMENT_HEADER_BYTES } from '../segment-file.ts';
import { KINDS } from './append-batch.ts';
import { HASH_BYTES, HASH_WORDS, type BatchColumns } from './batch-columns.ts';
import { encodeRow, ROW_BYTES } from './entry-row.ts';
import type { BatchCursor, FrameStart } from './frame-builder.ts';
import type { Peaks } from './peaks.ts';

// Bytes of one write and sync, and text that a header has at most.
const MAX_BYTES = 4_194_304;
const HEADER_TEXT_BYTES = 400;

/** See the head of the file; what was copied is valid until the next build. */
export class FrameCopier {
  #bytes: Buffer = Buffer.alloc(0);
  #syncedSize = 0;
  readonly #chain = Buffer.alloc(HASH_BYTES);
  readonly #link = Buffer.alloc(2 * HASH_BYTES);

  /** Frames of the last build. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Chain after the last build: 32 bytes, overwritten by the next. */
  get chain(): Uint8Array {
    return this.#chain;
  }

  /** Continues the log after `chain`, on which `syncedSize` entries are durable. */
  start(chain: Uint8Array, syncedSize: number): void {
    this.#chain.set(chain);
    this.#syncedSize = syncedSize;
    this.#bytes = Buffer.alloc(0);
  }

  /**
   * Takes frames while they fit, and moves the cursor on; gives how many it took.
   * @throws verification_failed for a frame that does not continue the log, too_large for one that fits
   * nowhere
   */
  build(cursor: BatchCursor, peaks: Peaks, into: BatchColumns, start: FrameStart): number {
    const from = cursor.at;
    const room = Math.min(start.roomBytes, MAX_BYTES);
    let count = 0;
    while (cursor.done < cursor.count) {
      const frame = readFrame(cursor.bytes, cursor.at);
      if (typeof frame === 'string') throw refused(peaks.size, frame);
      const used = cursor.at - from;
      const isFirst = start.offset === SEGMENT_HEADER_BYTES && count === 0;
      if (used + frame.byteLength > start.roomBytes && isFirst) throw tooLarge(peaks.size, start.roomBytes);
      if (used + frame.byteLength > room && (count > 0 || start.roomBytes < frame.byteLength)) break;
      this.#take(frame, peaks, into, {
        nth: cursor.done,
        segment: start.segment,
        offset: start.offset + used,
      });
      cursor.at += frame.byteLength;
      cursor.done += 1;
      count += 1;
    }
    if (cursor.done === cursor.count) this.#checkEnd(cursor, peaks);
    this.#bytes = cursor.bytes.subarray(from, cursor.at);
    this.#ownSyncedSize();
    return count;
  }

  #take(
    frame: Frame,
    peaks: Peaks,
    into: BatchColumns,
    place: { readonly nth: number; readonly segment: number; readonly offset: number },
  ): void {
    const index = peaks.size;
    const header = peekHeader(frame.text.toString('utf8', 0, HEADER_TEXT_BYTES));
    if (frame.index !== index || header?.index !== index) throw refused(index, 'index');
    if (!KINDS.includes(header.kind)) throw refused(index, 'kind');
    if (!(frame.text.lastIndexOf(`"previous":"${hashText(this.#chain)}"`) >= 0))
      throw refused(index, 'previous');
    const leaf = sha256(frame.leaf);
    this.#link.set(this.#chain);
    this.#link.set(leaf, HASH_BYTES);
    const chain = sha256(this.#link);
    if (!equalBytes(chain, frame.chain)) throw refused(index, 'chainHash');
    this.#chain.set(chain);
    const at = place.nth * HASH_BYTES;
    new Uint8Array(into.leaves.buffer, into.leaves.byteOffset).set(leaf, at);
    new Uint8Array(into.chains.buffer, into.chains.byteOffset).set(chain, at);
    const { segment, offset } = place;
    const { byteLength } = frame;
    const { kind, decisionId } = header;
    into.rows.set(encodeRow({ segment, offset, byteLength, kind, decisionId }), place.nth * ROW_BYTES);
    peaks.append(into.leaves, place.nth * HASH_WORDS, into.completed);
  }

  #checkEnd(cursor: BatchCursor, peaks: Peaks): void {
    if (cursor.at !== cursor.bytes.length) throw refused(peaks.size, 'length');
    if (cursor.root && !equalBytes(cursor.root, peaks.root())) throw refused(peaks.size, 'root');
  }

  #ownSyncedSize(): void {
    const bytes = this.#bytes;
    for (let at = 0; at < bytes.length;) {
      const frame = readFrame(bytes, at) as Frame;
      const { index, generation, chain, text, byteLength } = frame;
      if (frame.syncedSize !== this.#syncedSize) {
        const own = { index, generation, syncedSize: this.#syncedSize, length: text.length, chain };
        sealFrame(bytes, at, own);
      }
      at += byteLength;
    }
  }
}

function refused(index: number, field: FrameFault | string): WitanError {
  const message = `the frame of entry ${index} does not continue the log: ${field}`;
  return new WitanError('verification_failed', message, { index, field });
}

function tooLarge(index: number, roomBytes: number): WitanError {
  const details = { path: 'segmentBytes', expected: 'as many as the writer has', index };
  return new WitanError('too_large', `entry ${index} does not fit into ${roomBytes} bytes`, details);
}
