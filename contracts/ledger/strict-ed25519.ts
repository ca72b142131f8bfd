/**
 * The pinned Ed25519 verifier for places without `node:crypto`, on the points of a library.
 *
 * Libraries disagree on a few hundred malformed signatures. This one gives the answers that nodes give
 * (runtime/kernel/crypto/ed25519.ts): points of small order and ordinates of at least p are refused, S must
 * be
 * below L, and the equation is checked without the cofactor, by the encoding of the point that R must be.
 * @source RFC 8032 §5.1.7, and its encoding rules of §5.1.2 and §5.1.3
 */
import { concatBytes, equalBytes } from './bytes.ts';
import type { VerifyEd25519 } from './crypto.ts';
import { isRefusedPoint } from './ed25519-points.ts';

/** What is used of a point. */
interface EdwardsPoint<P> {
  add(other: P): P;
  negate(): P;
  multiplyUnsafe(scalar: bigint): P;
  toBytes(): Uint8Array;
}

/** Points of edwards25519 as @noble/curves has them. */
export interface EdwardsPoints<P extends EdwardsPoint<P>> {
  readonly BASE: P;
  /** @throws for bytes that are no point */
  fromBytes(bytes: Uint8Array): P;
}

/** Order of the base point. */
const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

/** The verifier on these points and this hash. */
export function strictEd25519<P extends EdwardsPoint<P>>(
  points: EdwardsPoints<P>,
  sha512: (bytes: Uint8Array) => Uint8Array,
): VerifyEd25519 {
  return (publicKey, message, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    if (isRefusedPoint(publicKey) || isRefusedPoint(signature)) return false;
    const commitment = signature.subarray(0, 32);
    const response = numberOf(signature.subarray(32));
    if (response >= L) return false;
    const challenge = numberOf(sha512(concatBytes(commitment, publicKey, message))) % L;
    try {
      const key = points.fromBytes(publicKey);
      const expected = points.BASE.multiplyUnsafe(response).add(key.negate().multiplyUnsafe(challenge));
      return equalBytes(expected.toBytes(), commitment);
    } catch {
      // A key that is no point is one under which nothing verifies.
      return false;
    }
  };
}

/** Little-endian number. */
function numberOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at -= 1) value = value * 256n + BigInt(bytes[at]!);
  return value;
}
