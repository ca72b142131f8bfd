/** Plain values ⇄ bytes: MessagePack, by a library; nothing above this file knows which. */
import { Decoder, Encoder } from '@msgpack/msgpack';
import { WitanError } from '../../../contracts/errors.ts';
import { checkBytes } from './check-bytes.ts';
import type { CodecLimits } from './limits.ts';

/** Levels that a frame and the tag of a leaf add to those of its message. */
const FRAME_LEVELS = 5;
// A tagged value is written as up to six.
const VALUES_PER_VALUE = 6;

/** One codec per remoting: encoder and decoder keep their buffers. */
export class ByteCodec {
  private readonly limits: CodecLimits;
  private readonly encoder: Encoder;
  private readonly decoder = new Decoder();

  constructor(limits: CodecLimits) {
    this.limits = {
      maxBytes: limits.maxBytes,
      maxDepth: limits.maxDepth + FRAME_LEVELS,
      maxValues: limits.maxValues * VALUES_PER_VALUE,
    };
    this.encoder = new Encoder({ maxDepth: this.limits.maxDepth });
  }

  /** Bytes of a plain value, in a buffer that the next call writes over. */
  encode(value: unknown): Uint8Array {
    return this.encoder.encodeSharedRef(value);
  }

  /** Value of bytes; parts of it are views into them. @throws bad_encoding, too_deep, too_large */
  decode(bytes: Uint8Array): unknown {
    checkBytes(bytes, this.limits);
    try {
      return this.decoder.decode(bytes);
    } catch (error) {
      throw new WitanError('bad_encoding', 'A frame cannot be decoded', {}, error);
    }
  }
}
