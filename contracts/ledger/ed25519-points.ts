/** Points that the verifier of Ed25519 signatures refuses before anything else, on every platform. */

import { fromHex } from './bytes.ts';

/** Ordinates of the points of order 8, little-endian; those of order 1, 2 and 4 are 1, p − 1 and 0. */
const ORDER_8 = [
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex);

/**
 * Whether the first 32 bytes spell a point of small order, or an ordinate of at least p = 2^255 − 19; the
 * sign bit does not matter for either.
 */
export function isRefusedPoint(bytes: Uint8Array): boolean {
  const [low, high] = [bytes[0]!, bytes[31]! & 0x7f];
  // One ordinate in 2^240 passes the first look and fails the second: the path of honest points is one test.
  if (high === 0x00) return low <= 1 && isFilled(bytes, 0x00);
  if (high === 0x7f) return low >= 0xec && isFilled(bytes, 0xff);
  return (high === 0x05 || high === 0x7a) && ORDER_8.some((point) => isOrdinate(bytes, point));
}

function isFilled(bytes: Uint8Array, value: number): boolean {
  for (let at = 1; at < 31; at += 1) if (bytes[at] !== value) return false;
  return true;
}

function isOrdinate(bytes: Uint8Array, point: Uint8Array): boolean {
  for (let at = 0; at < 31; at += 1) if (bytes[at] !== point[at]) return false;
  return (bytes[31]! & 0x7f) === point[31];
}
