/**
 * Frames: how one entry lies in a segment file.
 *
 * | bytes | field |
 * |---|---|
 * | 0–3 | magic `WFR1`; zero where nothing was written |
 * | 4–7 | length of the entry's text in bytes |
 * | 8–11 | CRC-32 over everything from byte 12 to the end of the text |
 * | 12–17 | index of the entry |
 * | 18–23 | generation of the writer's lease |
 * | 24–29 | entries known to be on the disk when this frame was written |
 * | 30 | zero |
 * | 31–62 | hash chain up to and with this entry |
 * | 63 | zero: the RFC 6962 prefix of a leaf, so that the leaf is hashed where it lies |
 * | 64–… | canonical JSON of the entry |
 *
 * Numbers are little-endian. Bytes 24–29 tell a torn tail from damage: a frame that counts a damaged entry as
 * synced proves that the entry had been acknowledged.
 */
import { crc32 } from 'node:zlib';
import { MAX_ENTRY_BYTES } from '../../../contracts/ledger/leaf.ts';

/** Bytes before an entry's text. */
export const FRAME_HEADER_BYTES = 64;

/** First bytes of a frame. */
export const FRAME_MAGIC = Buffer.from('WFR1', 'latin1');

const MAGIC = FRAME_MAGIC.readUInt32LE(0);
const CRC_FROM = 12;

/** What a frame says besides the text. */
export interface FrameFields {
  readonly index: number;
  readonly generation: number;
  readonly syncedSize: number;
}

/** A frame found in a file. `text` and `leaf` are views into the buffer. */
export interface Frame extends FrameFields {
  readonly chain: Uint8Array;
  readonly text: Buffer;
  /** Text with the leaf prefix before it: what the leaf hash covers. */
  readonly leaf: Buffer;
  readonly byteLength: number;
}

/** Why no frame could be read at a place. */
export type FrameFault = 'empty' | 'magic' | 'length' | 'crc';

/**
 * Completes a frame whose text of `length` bytes already lies at `at + 64`. `chain` must follow from the
 * leaf.
 */
export function sealFrame(
  buffer: Buffer,
  at: number,
  frame: FrameFields & { length: number; chain: Uint8Array },
): void {
  buffer.writeUInt32LE(MAGIC, at);
  buffer.writeUInt32LE(frame.length, at + 4);
  buffer.writeUIntLE(frame.index, at + 12, 6);
  buffer.writeUIntLE(frame.generation, at + 18, 6);
  buffer.writeUIntLE(frame.syncedSize, at + 24, 6);
  buffer[at + 30] = 0;
  buffer.set(frame.chain, at + 31);
  buffer[at + 63] = 0;
  const end = at + FRAME_HEADER_BYTES + frame.length;
  const covered = new Uint8Array(buffer.buffer, buffer.byteOffset + at + CRC_FROM, end - at - CRC_FROM);
  buffer.writeUInt32LE(crc32(covered), at + 8);
}

/** Frame at `at`, or why there is none. */
export function readFrame(buffer: Buffer, at: number): Frame | FrameFault {
  if (at + FRAME_HEADER_BYTES > buffer.length) return 'empty';
  const magic = buffer.readUInt32LE(at);
  if (magic !== MAGIC)
    return magic === 0 && isZero(buffer.subarray(at, at + FRAME_HEADER_BYTES)) ? 'empty' : 'magic';
  const length = buffer.readUInt32LE(at + 4);
  const end = at + FRAME_HEADER_BYTES + length;
  if (length > MAX_ENTRY_BYTES || end > buffer.length) return 'length';
  if (crc32(buffer.subarray(at + CRC_FROM, end)) !== buffer.readUInt32LE(at + 8)) return 'crc';
  return {
    index: buffer.readUIntLE(at + 12, 6),
    generation: buffer.readUIntLE(at + 18, 6),
    syncedSize: buffer.readUIntLE(at + 24, 6),
    chain: buffer.subarray(at + 31, at + 63),
    text: buffer.subarray(at + FRAME_HEADER_BYTES, end),
    leaf: buffer.subarray(at + FRAME_HEADER_BYTES - 1, end),
    byteLength: end - at,
  };
}

/**
 * Highest `syncedSize` of any whole frame after `from`: what must have been acknowledged. 0 when there is
 * none.
 */
export function syncedAfter(buffer: Buffer, from: number): number {
  let synced = 0;
  for (let at = buffer.indexOf(FRAME_MAGIC, from); at >= 0;) {
    const frame = readFrame(buffer, at);
    const step = typeof frame === 'string' ? FRAME_MAGIC.length : frame.byteLength;
    if (typeof frame !== 'string') synced = Math.max(synced, frame.syncedSize);
    at = buffer.indexOf(FRAME_MAGIC, at + step);
  }
  return synced;
}

/** Whether all bytes are zero; compares blocks, for a whole segment costs a few ms. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const block = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(block, block.length === ZEROS.length ? ZEROS : ZEROS.subarray(0, block.length)) !== 0)
      return false;
  }
  return true;
}

const ZEROS = new Uint8Array(65_536);
