/**
 * The ML-DSA-44 verifier for co-signatures of checkpoints, pinned like that for Ed25519.
 *
 * Loaded when the first co-signature is checked: a node and a reader that pin no such key never load it.
 */
import { createRequire } from 'node:module';

/** What is used of the library; FIPS 204, empty context. */
interface MlDsa44 {
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

let loaded: MlDsa44 | undefined;

/**
 * Whether `signature` over `message` verifies under the 1,312-byte key. Never throws for what it is given.
 */
export function verifyMlDsa44(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  // Verification is synchronous everywhere, so this cannot be an import() (Node 20.19 requires ES modules).
  loaded ??= (
    createRequire(import.meta.url)('@noble/post-quantum/ml-dsa.js') as { readonly ml_dsa44: MlDsa44 }
  ).ml_dsa44;
  try {
    return loaded.verify(Uint8Array.from(signature), Uint8Array.from(message), Uint8Array.from(publicKey));
  } catch {
    return false;
  }
}
