/** Cuts runs of frames between entries; what they hold is not looked at. */
import type { LogFrames } from '../../../kernel/ports/cluster/log-replica.ts';
import { FRAME_HEADER_BYTES } from '../frame.ts';

// Where the length of an entry's text stands in its frame.
const LENGTH_AT = 4;

/** Frames without the first `passed`; nothing where the bytes end before. */
export function afterFrames({ firstIndex, count, bytes }: LogFrames, passed: number): LogFrames {
  const end = ends(bytes, passed).at(-1) ?? 0;
  return { firstIndex: firstIndex + passed, count: count - passed, bytes: bytes.subarray(end) };
}

/** The same frames in runs of at most `maxBytes`, or of one entry. */
export function splitFrames(frames: LogFrames, maxBytes: number): LogFrames[] {
  const { firstIndex, count, bytes } = frames;
  if (bytes.length <= maxBytes) return [frames];
  const runs: LogFrames[] = [];
  let [from, first, before] = [0, 0, 0];
  for (const [nth, end] of ends(bytes, count).entries()) {
    if (end - from > maxBytes && nth > first) {
      runs.push({ firstIndex: firstIndex + first, count: nth - first, bytes: bytes.subarray(from, before) });
      [from, first] = [before, nth];
    }
    before = end;
  }
  runs.push({ firstIndex: firstIndex + first, count: count - first, bytes: bytes.subarray(from) });
  return runs;
}

/** Where each of the first `count` frames ends. */
function ends(bytes: Uint8Array, count: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: number[] = [];
  for (let at = 0; found.length < count && at + FRAME_HEADER_BYTES <= bytes.length;) {
    at = Math.min(bytes.length, at + FRAME_HEADER_BYTES + view.getUint32(at + LENGTH_AT, true));
    found.push(at);
  }
  return found;
}
