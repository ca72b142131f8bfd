/** The modulus check that every sender owes a public key of ML-KEM. */

const MODULUS = 3_329;
const RHO_BYTES = 32;

/**
 * Whether all 12-bit coefficients of an encapsulation key are below the modulus.
 * @source FIPS 203 §7.2, modulus check
 */
export function isReducedKey(publicKey: Uint8Array): boolean {
  for (let at = 0; at < publicKey.length - RHO_BYTES; at += 3) {
    const [low, middle, high] = [publicKey[at]!, publicKey[at + 1]!, publicKey[at + 2]!];
    if ((low | ((middle & 0x0f) << 8)) >= MODULUS) return false;
    if (((middle >> 4) | (high << 4)) >= MODULUS) return false;
  }
  return true;
}
