/** Bytes of one message between nodes of a log: length of the header, header as JSON, then raw bytes. */
import { WitanError } from '../../../contracts/errors.ts';

const LENGTH_BYTES = 4;
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A message before its header is looked at. */
export interface RawMessage {
  readonly header: unknown;
  /** View of what was received. */
  readonly body: Uint8Array;
}

/** One message. */
export function encodeMessage(header: unknown, body: Uint8Array = NOTHING): Uint8Array {
  const text = encoder.encode(JSON.stringify(header));
  const bytes = new Uint8Array(LENGTH_BYTES + text.length + body.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, LENGTH_BYTES);
  bytes.set(body, LENGTH_BYTES + text.length);
  return bytes;
}

/** Parts of a message from its bytes. @throws bad_encoding */
export function decodeMessage(bytes: Uint8Array): RawMessage {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const end = LENGTH_BYTES + view.getUint32(0, true);
    if (end > bytes.length) throw new RangeError('the header is cut off');
    const header: unknown = JSON.parse(decoder.decode(bytes.subarray(LENGTH_BYTES, end)));
    return { header, body: bytes.subarray(end) };
  } catch (cause) {
    throw new WitanError('bad_encoding', 'not a message about a log', { byteLength: bytes.length }, cause);
  }
}
