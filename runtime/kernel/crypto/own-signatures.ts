/**
 * Signatures that this process made itself, so that it need not verify them again (docs/adr/0005).
 *
 * What is kept is the triple of public key, message and signature, compared byte for byte: one that was
 * changed on
 * the way is not found and is verified like any other.
 */
import { verifyEd25519 } from './ed25519.ts';

interface Signed {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
}

/** Signatures kept; the oldest go first. A node with 256 open decisions has about 6,000 under way. */
const KEPT_MAX_COUNT = 8_192;
/** Longer messages are verified anew: the bound on the memory is the product of both. */
const MESSAGE_MAX_BYTES = 8_192;
const kept = new Map<string, Signed>();

/**
 * Notes a signature right after it was made with the private half of `publicKey`; nobody else may call it.
 */
export function noteOwnSignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
  if (message.length > MESSAGE_MAX_BYTES) return;
  // A copy: the caller may go on with its buffer.
  kept.set(nameOf(signature), { publicKey, message: message.slice() });
  if (kept.size > KEPT_MAX_COUNT) kept.delete(kept.keys().next().value!);
}

/**
 * Same answer as `verifyEd25519`, without the curve arithmetic for what this process signed lately. Never
 * throws.
 */
export function verifyOwnOrEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const signed = kept.get(nameOf(signature));
  const isOwn =
    signed !== undefined && areEqual(signed.publicKey, publicKey) && areEqual(signed.message, message);
  return isOwn || verifyEd25519(publicKey, message, signature);
}

function nameOf(signature: Uint8Array): string {
  return Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1');
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
