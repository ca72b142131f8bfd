/**
 * The layout of one publish between two runs of nodes: a head, then frames, each with its length.
 *
 *     0   'W'                      so that a foreign message is not taken for one of ours
 *     1   0 frames · 1 refusal     see below
 *     2   version of the protocol
 *     3   sequence, 6 bytes        from 1 for each pair of runs; a gap is a lost batch
 *     9   length of the node's name, the name, 16 hex digits of the incarnation
 *     …   frames: length in 4 bytes, then so many bytes
 *
 * A refusal says which versions its sender speaks (two bytes, lowest and highest) in the place of frames.
 * This head is the same in all versions. Numbers are big-endian.
 */
import { WitanError } from '../../../contracts/errors.ts';

/** Bytes of a head, name of the node left out. */
const HEAD_BYTES = 26;
const MAGIC = 0x57;
const FRAMES = 0;
const REFUSAL = 1;
const FIRST_BYTES = 4_096;
const INCARNATION_LENGTH = 16;

/** Who sends a batch. */
export interface BatchSender {
  readonly node: string;
  readonly incarnation: string;
}

/** What stands before the frames. */
export interface BatchHead extends BatchSender {
  readonly isRefusal: boolean;
  readonly version: number;
  readonly sequence: number;
  /** Where the frames begin. */
  readonly bodyAt: number;
}

/** Bytes that the head of a batch from `node` takes. */
export function headBytes(node: string): number {
  return HEAD_BYTES + node.length;
}

/** Collects the frames of one batch in a buffer that it keeps. */
export class BatchWriter {
  /** Frames in it. */
  count = 0;
  private readonly sender: BatchSender;
  private readonly bodyAt: number;
  private bytes: Uint8Array;
  private at: number;

  constructor(sender: BatchSender) {
    this.sender = sender;
    this.bodyAt = headBytes(sender.node);
    this.at = this.bodyAt;
    this.bytes = new Uint8Array(FIRST_BYTES);
  }

  /** Bytes of the batch as it stands, head included. */
  get size(): number {
    return this.at;
  }

  /** Copies a frame in. */
  add(frame: Uint8Array): void {
    const end = this.at + 4 + frame.length;
    if (end > this.bytes.length) this.grow(end);
    writeUint32(this.bytes, this.at, frame.length);
    this.bytes.set(frame, this.at + 4);
    this.at = end;
    this.count += 1;
  }

  /** The batch, as bytes of its own; the writer is empty again. */
  take(version: number, sequence: number): Uint8Array {
    writeHead(this.bytes, { ...this.sender, kind: FRAMES, version, sequence });
    const batch = this.bytes.slice(0, this.at);
    this.at = this.bodyAt;
    this.count = 0;
    // One large message must not leave its room to every destination for good.
    if (this.bytes.length > 64 * FIRST_BYTES) this.bytes = new Uint8Array(FIRST_BYTES);
    return batch;
  }

  private grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }
}

/** A refusal: `sender` does not speak the version that a batch came in. */
export function refusal(sender: BatchSender, versions: { min: number; max: number }): Uint8Array {
  const bodyAt = headBytes(sender.node);
  const bytes = new Uint8Array(bodyAt + 2);
  writeHead(bytes, { ...sender, kind: REFUSAL, version: versions.max, sequence: 0 });
  bytes[bodyAt] = versions.min;
  bytes[bodyAt + 1] = versions.max;
  return bytes;
}

/** Versions that a refusal names. @throws bad_encoding */
export function refusedVersions(bytes: Uint8Array, { bodyAt }: BatchHead): { min: number; max: number } {
  if (bytes.length !== bodyAt + 2) throw malformed('a refusal of another length');
  return { min: bytes[bodyAt]!, max: bytes[bodyAt + 1]! };
}

/** Reads a head. @throws bad_encoding */
export function readHead(bytes: Uint8Array): BatchHead {
  const nameLength = bytes[9] ?? 0;
  const bodyAt = HEAD_BYTES + nameLength;
  const kind = bytes[1];
  if (bytes[0] !== MAGIC || bytes.length < bodyAt) throw malformed('no head');
  if (kind !== FRAMES && kind !== REFUSAL) throw malformed('neither frames nor a refusal');
  const node = asciiAt(bytes, 10, nameLength);
  const incarnation = asciiAt(bytes, 10 + nameLength, INCARNATION_LENGTH);
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(node) || !/^[0-9a-f]{16}$/.test(incarnation)) {
    throw malformed('a sender whose name is none');
  }
  return {
    isRefusal: kind === REFUSAL,
    version: bytes[2]!,
    sequence: (bytes[3]! * 256 + bytes[4]!) * 0x1_0000_0000 + readUint32(bytes, 5),
    node,
    incarnation,
    bodyAt,
  };
}

/** The frames of a batch, as views into it. @throws bad_encoding when a length leads out of the batch */
export function* framesOf(bytes: Uint8Array, { bodyAt }: BatchHead): Generator<Uint8Array> {
  let at = bodyAt;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw malformed('it ends early');
    const end = at + 4 + readUint32(bytes, at);
    if (end > bytes.length) throw malformed('it ends early');
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}

interface Head extends BatchSender {
  readonly kind: number;
  readonly version: number;
  readonly sequence: number;
}

function writeHead(bytes: Uint8Array, { kind, version, sequence, node, incarnation }: Head): void {
  bytes[0] = MAGIC;
  bytes[1] = kind;
  bytes[2] = version;
  const high = Math.floor(sequence / 0x1_0000_0000);
  bytes[3] = high >> 8;
  bytes[4] = high & 0xff;
  writeUint32(bytes, 5, sequence % 0x1_0000_0000);
  bytes[9] = node.length;
  writeAscii(bytes, 10, node);
  writeAscii(bytes, 10 + node.length, incarnation);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = (value >>> 16) & 0xff;
  bytes[at + 2] = (value >>> 8) & 0xff;
  bytes[at + 3] = value & 0xff;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

function writeAscii(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
}

function asciiAt(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += String.fromCharCode(bytes[at + index]!);
  return text;
}

function malformed(reason: string): WitanError {
  return new WitanError('bad_encoding', `A batch is malformed: ${reason}`);
}
