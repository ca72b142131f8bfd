/** Plain values ⇄ bytes: MessagePack, by a library; nothing above this file knows which. */
// This entry never loads the optional native part.
import { Packr } from 'msgpackr/pack';
import { WitanError } from '../../../contracts/errors.ts';
import { checkBytes } from './check-bytes.ts';
import type { CodecLimits } from './limits.ts';

/** Levels that a frame and the tag of a leaf add to those of its message. */
const FRAME_LEVELS = 5;
// A tagged value is written as up to six.
const VALUES_PER_VALUE = 6;

/** One codec per remoting. */
export class ByteCodec {
  private readonly limits: CodecLimits;
  private readonly packr = new Packr({
    useRecords: false,
    mapsAsObjects: true,
    useToJSON: false,
    encodeUndefinedAsNil: true,
    int64AsType: 'number',
  });

  constructor(limits: CodecLimits) {
    this.limits = {
      maxBytes: limits.maxBytes,
      maxDepth: limits.maxDepth + FRAME_LEVELS,
      maxValues: limits.maxValues * VALUES_PER_VALUE,
    };
  }

  /** Bytes of a plain value; they are a part of a larger buffer. */
  encode(value: unknown): Uint8Array {
    return this.packr.pack(value);
  }

  /** Value of bytes; parts of it are views into them. @throws bad_encoding, too_deep, too_large */
  decode(bytes: Uint8Array): unknown {
    checkBytes(bytes, this.limits);
    try {
      return this.packr.unpack(bytes);
    } catch (error) {
      throw new WitanError('bad_encoding', 'A frame cannot be decoded', {}, error);
    }
  }
}
