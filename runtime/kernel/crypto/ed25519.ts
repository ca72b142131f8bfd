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

/** Ordinates of the points of order 8, little-endian; those of order 1, 2 and 4 are 1, p − 1 and 0. */
const ORDER_8 = [
  Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
  Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'),
];

/**
 * Whether the first 32 bytes spell a point of small order, or an ordinate of at least p = 2^255 − 19; the
 * sign bit does not matter for either.
 */
function isRefusedPoint(bytes: Uint8Array): boolean {
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
