/**
 * X-Wing: X25519 and ML-KEM-768 joined, so that the secret holds as long as one of the two does.
 *
 * Composed here over the chosen ML-KEM-768 and the X25519 of node:crypto.
 * @source draft-connolly-cfrg-xwing-kem §5
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { concatBytes } from '../../../../contracts/ledger/bytes.ts';
import type { KemScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { derElement, pkcs8Of, spkiOf } from './asn1-key.ts';
import { checkedLength, checkedSeed } from '../backend.ts';
import { algorithmInfo } from '../catalogue.ts';

const X25519_OID = Buffer.from('2b656e', 'hex');
const LABEL = Buffer.from('5c2e2f2f5e5c', 'hex');
const X25519_BYTES = 32;
const ML_KEM_SEED_BYTES = 64;
const OCTET_STRING = 0x04;

/** X-Wing over an ML-KEM-768; its backend is that of the ML-KEM. */
export function xWingOver(mlKem: KemScheme): KemScheme {
  const { publicKeyBytes, outputBytes } = algorithmInfo('x-wing');
  return {
    algorithm: 'x-wing',
    backend: mlKem.backend,
    keyFromSeed(seed) {
      const expanded = createHash('shake256', { outputLength: ML_KEM_SEED_BYTES + X25519_BYTES })
        .update(checkedSeed('x-wing', seed))
        .digest();
      const lattice = mlKem.keyFromSeed(expanded.subarray(0, ML_KEM_SEED_BYTES));
      const curve = privateKeyOf(expanded.subarray(ML_KEM_SEED_BYTES));
      const curveKey = rawPublicKey(curve);
      return {
        publicKey: concatBytes(lattice.publicKey, curveKey),
        decapsulate(ciphertext) {
          const bytes = checkedLength('ciphertext', ciphertext, outputBytes);
          const split = bytes.length - X25519_BYTES;
          const curveCiphertext = bytes.subarray(split);
          const latticeSecret = lattice.decapsulate(bytes.subarray(0, split));
          const curveSecret = agree(curve, curveCiphertext);
          return combine(latticeSecret, curveSecret, curveCiphertext, curveKey);
        },
      };
    },
    encapsulate(publicKey) {
      const bytes = checkedLength('publicKey', publicKey, publicKeyBytes);
      const split = bytes.length - X25519_BYTES;
      const curveKey = bytes.subarray(split);
      const lattice = mlKem.encapsulate(bytes.subarray(0, split));
      const ephemeral = privateKeyOf(randomBytes(X25519_BYTES));
      const curveCiphertext = rawPublicKey(ephemeral);
      const curveSecret = agree(ephemeral, curveKey);
      return {
        ciphertext: concatBytes(lattice.ciphertext, curveCiphertext),
        sharedSecret: combine(lattice.sharedSecret, curveSecret, curveCiphertext, curveKey),
      };
    },
  };
}

/** SHA3-256 over both secrets, and the X25519 transcript; ML-KEM binds its own ciphertext and key. */
function combine(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(hash('sha3-256', concatBytes(...parts, LABEL), 'buffer'));
}

/** The all-zero secret of a point of small order is taken: X-Wing stands on ML-KEM then (its draft, §5.3). */
function agree(privateKey: KeyObject, publicKey: Uint8Array): Uint8Array {
  const spki = spkiOf(X25519_OID, publicKey);
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return diffieHellman({ privateKey, publicKey: key });
  } catch {
    return new Uint8Array(X25519_BYTES);
  }
}

function privateKeyOf(secret: Uint8Array): KeyObject {
  const inner = derElement(OCTET_STRING, secret);
  return createPrivateKey({ key: pkcs8Of(X25519_OID, inner), format: 'der', type: 'pkcs8' });
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return Uint8Array.from(
    createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-X25519_BYTES),
  );
}
