/** Hashes that every node of every version computes alike: where a shard lives follows from them. */

/** 32-bit hash of a text's UTF-8 bytes. @source MurmurHash3_x86_32 by Austin Appleby (public domain) */
export function hash32(text: string, seed = 0): number {
  const bytes = encoder.encode(text);
  let hash = seed | 0;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const block = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(rotate(hash ^ scramble(block), 13), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= whole; at--) tail = (tail << 8) | bytes[at]!;
  if (whole < bytes.length) hash ^= scramble(tail);
  return finish(hash ^ bytes.length);
}

/** Mixes two 32-bit hashes into one; not symmetric. */
export function mix32(left: number, right: number): number {
  return finish(Math.imul(rotate(left ^ scramble(right), 13), 5) + 0xe6546b64);
}

const encoder = new TextEncoder();

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finish(hash: number): number {
  let value = hash;
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  value ^= value >>> 16;
  return value >>> 0;
}
