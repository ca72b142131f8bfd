/**
 * The one Ed25519 verifier that nodes use for ballots, verdicts and checkpoints.
 *
 * Verifiers disagree on a few hundred malformed signatures, so all nodes must use the same one: OpenSSL
 * through `node:crypto`, which checks the cofactorless equation and refuses S ≥ L.
 *
 * That alone is not one verifier: OpenSSL 3.0 (Node 20) takes keys and R of small order, 3.5 (Node 24)
 * refuses them. They are refused here before OpenSSL is asked, and so are encodings that RFC 8032 §5.1.3
 * refuses, so that nodes on any Node give one answer. No honest signer ever makes either.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { isRefusedPoint } from '../../../contracts/ledger/ed25519-points.ts';

// DER of SubjectPublicKeyInfo for Ed25519 up to the 32 key bytes (RFC 8410 §4).
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const MAX_KEPT_KEYS = 1_024;
const keptKeys = new Map<string, KeyObject>();

/** Whether `signature` over `message` verifies under the raw 32-byte key. Never throws. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (isRefusedPoint(publicKey) || isRefusedPoint(signature)) return false;
  try {
    return verify(null, message, keyObject(publicKey), signature);
  } catch {
    return false;
  }
}

function keyObject(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, 32).toString('latin1');
  const kept = keptKeys.get(name);
  if (kept) return kept;
  const made = createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: 'der', type: 'spki' });
  // Keys of a roster are few; the bound holds off keys that come with foreign proofs.
  if (keptKeys.size >= MAX_KEPT_KEYS) keptKeys.clear();
  keptKeys.set(name, made);
  return made;
}
