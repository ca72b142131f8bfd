/** Looks through bytes before they are decoded: form, depth, number of values, nothing made of them. */
import { WitanError } from '../../../contracts/errors.ts';
import type { CodecLimits } from './limits.ts';

/**
 * Refuses bytes that are not exactly one well-formed value within the limits.
 *
 * Lengths are checked against the bytes that are there, so a decoder that makes room for what a head
 * announces cannot be led to make more than the bytes can fill. Extension types are refused: none is
 * in use here.
 *
 * @throws bad_encoding, too_deep, too_large
 * @source MessagePack specification, https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function checkBytes(bytes: Uint8Array, limits: CodecLimits): void {
  if (bytes.length > limits.maxBytes) throw new WitanError('too_large', 'A frame is too long');
  const open: number[] = [];
  let at = 0;
  let left = 1;
  let values = 0;
  for (;;) {
    while (left === 0) {
      const above = open.pop();
      if (above === undefined) {
        if (at !== bytes.length) throw malformed('it ends elsewhere');
        return;
      }
      left = above;
    }
    left -= 1;
    values += 1;
    if (values > limits.maxValues) throw new WitanError('too_large', 'A frame holds too many values');
    if (at >= bytes.length) throw malformed('it ends early');
    const head = bytes[at]!;
    at += 1;
    if (head < 0x80 || head >= 0xe0) continue;
    let inside = 0;
    if (head < 0x90) inside = 2 * (head & 0x0f);
    else if (head < 0xa0) inside = head & 0x0f;
    else if (head < 0xc0) at += head & 0x1f;
    else {
      const layout = LAYOUTS[head - 0xc0]!;
      if (layout === NONE) throw malformed(`no value begins with 0x${head.toString(16)}`);
      const length = layout.lengthBytes === 0 ? 0 : lengthAt(bytes, at, layout.lengthBytes);
      at += layout.lengthBytes + layout.fixed;
      if (layout.items === 0) at += length;
      else inside = layout.items * length;
    }
    if (inside === 0) continue;
    open.push(left);
    left = inside;
    if (open.length > limits.maxDepth) throw new WitanError('too_deep', 'A frame is nested too deep');
  }
}

interface Layout {
  /** Bytes of the length that follows the head. */
  readonly lengthBytes: 0 | 1 | 2 | 4;
  /** Bytes that follow in any case. */
  readonly fixed: number;
  /** Values for each unit of length; 0: the length counts bytes. */
  readonly items: 0 | 1 | 2;
}

const NONE: Layout = { lengthBytes: 0, fixed: 0, items: 0 };

function layout(lengthBytes: Layout['lengthBytes'], fixed: number, items: Layout['items']): Layout {
  return { lengthBytes, fixed, items };
}

/** By head byte from 0xc0 to 0xdf. */
const LAYOUTS: readonly Layout[] = [
  // nil, unused, false, true
  ...[layout(0, 0, 0), NONE, layout(0, 0, 0), layout(0, 0, 0)],
  // bin 8, 16, 32; ext 8, 16, 32
  ...[layout(1, 0, 0), layout(2, 0, 0), layout(4, 0, 0), NONE, NONE, NONE],
  // float 32, 64; uint 8, 16, 32, 64; int 8, 16, 32, 64
  ...[4, 8, 1, 2, 4, 8, 1, 2, 4, 8].map((fixed) => layout(0, fixed, 0)),
  // fixext 1, 2, 4, 8, 16
  ...[NONE, NONE, NONE, NONE, NONE],
  // str 8, 16, 32; array 16, 32; map 16, 32
  ...[layout(1, 0, 0), layout(2, 0, 0), layout(4, 0, 0), layout(2, 0, 1), layout(4, 0, 1)],
  ...[layout(2, 0, 2), layout(4, 0, 2)],
];

function lengthAt(bytes: Uint8Array, at: number, count: 1 | 2 | 4): number {
  if (at + count > bytes.length) throw malformed('it ends early');
  if (count === 1) return bytes[at]!;
  if (count === 2) return (bytes[at]! << 8) | bytes[at + 1]!;
  return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

function malformed(reason: string): WitanError {
  return new WitanError('bad_encoding', `A frame is malformed: ${reason}`);
}
