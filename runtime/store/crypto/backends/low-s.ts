/**
 * Low S for ECDSA: of a signature and its mirror image only one counts, so that nobody can make a second one.
 * @source BIP-146, EIP-2, SEC 1 §4.1.3
 */

/** Orders of the curves. @source SEC 2 §2.4.1, FIPS 186-5 */
export const CURVE_ORDERS = {
  'ecdsa-p256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'ecdsa-secp256k1': 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
} as const;

/** Whether a 64-byte signature has S at most half the order. */
export function isLowS(signature: Uint8Array, order: bigint): boolean {
  return signature.length === 64 && sOf(signature) <= order >> 1n;
}

/** The same signature with the lower of its two S. */
export function lowS(signature: Uint8Array, order: bigint): Uint8Array {
  const low = Uint8Array.from(signature);
  if (isLowS(signature, order)) return low;
  const digits = (order - sOf(signature)).toString(16).padStart(64, '0');
  low.set(Buffer.from(digits, 'hex'), 32);
  return low;
}

function sOf(signature: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
}
