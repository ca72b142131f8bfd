/** Post-quantum algorithms of node:crypto: there from Node 24 with OpenSSL 3.5 on, absent before. */
import * as crypto from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import type { KemAlgorithm, SignatureAlgorithm } from '../../../kernel/ports/crypto/algorithms.ts';
import type { KemScheme, SignatureScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { derElement, pkcs8Of, spkiOf } from './asn1-key.ts';
import { checkedLength, checkedSeed, holds } from '../backend.ts';
import { algorithmInfo } from '../catalogue.ts';
import { KeptKeys } from './kept-keys.ts';
import { seedExpander } from './noble-post-quantum.ts';

/** What Node 24 adds; typed here because the project is typed against Node 20. */
interface NewerCrypto {
  readonly encapsulate?: (key: KeyObject) => { sharedKey: Uint8Array; ciphertext: Uint8Array };
  readonly decapsulate?: (key: KeyObject, ciphertext: Uint8Array) => Uint8Array;
}
const newer = crypto as unknown as NewerCrypto;

// NIST CSOR: signatures are 2.16.840.1.101.3.4.3.x, KEMs 2.16.840.1.101.3.4.4.x.
const SIGNATURE_ARC = '6086480165030403';
const KEM_ARC = '6086480165030404';
const SIGNATURE_ARCS: Readonly<Partial<Record<SignatureAlgorithm, number>>> = {
  'ml-dsa-44': 17,
  'ml-dsa-65': 18,
  'ml-dsa-87': 19,
  'slh-dsa-sha2-128s': 20,
  'slh-dsa-sha2-128f': 21,
  'slh-dsa-sha2-192s': 22,
  'slh-dsa-sha2-192f': 23,
  'slh-dsa-sha2-256s': 24,
  'slh-dsa-sha2-256f': 25,
  'slh-dsa-shake-128s': 26,
  'slh-dsa-shake-128f': 27,
  'slh-dsa-shake-192s': 28,
  'slh-dsa-shake-192f': 29,
  'slh-dsa-shake-256s': 30,
  'slh-dsa-shake-256f': 31,
};
const KEM_ARCS: Readonly<Partial<Record<KemAlgorithm, number>>> = {
  'ml-kem-512': 1,
  'ml-kem-768': 2,
  'ml-kem-1024': 3,
};
const SEED_CHOICE = 0x80;

/** ML-DSA or SLH-DSA; undefined where this Node has it not. */
export async function nodePostQuantumSignature(
  algorithm: SignatureAlgorithm,
): Promise<SignatureScheme | undefined> {
  const arc = SIGNATURE_ARCS[algorithm];
  if (arc === undefined || newer.encapsulate === undefined) return undefined;
  // OpenSSL takes a key of SLH-DSA only with its root, and Node has no call that computes it of a seed.
  const expand = algorithm.startsWith('slh') ? await seedExpander(algorithm) : undefined;
  const oid = oidOf(SIGNATURE_ARC, arc);
  const { publicKeyBytes } = algorithmInfo(algorithm);
  const keys = new KeptKeys((publicKey) => publicKeyOf(oid, publicKey));
  return {
    algorithm,
    backend: 'node',
    keyFromSeed(seed) {
      const secret = checkedSeed(algorithm, seed);
      const inner = expand ? expand(secret).secretKey : derElement(SEED_CHOICE, secret);
      const key = privateKeyOf(oid, inner);
      const publicKey = rawPublicKey(key, publicKeyBytes);
      return { publicKey, sign: (message) => Uint8Array.from(crypto.sign(null, message, key)) };
    },
    verify: (publicKey, message, signature) =>
      holds(() => {
        if (publicKey.length !== publicKeyBytes) return false;
        return crypto.verify(null, message, keys.get(publicKey), signature);
      }),
  };
}

/** ML-KEM; undefined where this Node has it not. */
export function nodeKem(algorithm: KemAlgorithm): KemScheme | undefined {
  const arc = KEM_ARCS[algorithm];
  const { encapsulate, decapsulate } = newer;
  if (arc === undefined || !encapsulate || !decapsulate) return undefined;
  const oid = oidOf(KEM_ARC, arc);
  const { publicKeyBytes, outputBytes } = algorithmInfo(algorithm);
  const keys = new KeptKeys((publicKey) => publicKeyOf(oid, publicKey));
  return {
    algorithm,
    backend: 'node',
    keyFromSeed(seed) {
      const key = privateKeyOf(oid, derElement(SEED_CHOICE, checkedSeed(algorithm, seed)));
      return {
        publicKey: rawPublicKey(key, publicKeyBytes),
        decapsulate: (ciphertext) =>
          Uint8Array.from(decapsulate(key, checkedLength('ciphertext', ciphertext, outputBytes))),
      };
    },
    encapsulate(publicKey) {
      const { sharedKey, ciphertext } = encapsulate(
        keys.get(checkedLength('publicKey', publicKey, publicKeyBytes)),
      );
      return { ciphertext: Uint8Array.from(ciphertext), sharedSecret: Uint8Array.from(sharedKey) };
    },
  };
}

function oidOf(arc: string, last: number): Buffer {
  return Buffer.concat([Buffer.from(arc, 'hex'), Buffer.of(last)]);
}

/**
 * ML keys are a seed in a choice (RFC 9881 §6, RFC 9935 §6); SLH-DSA keys are the four parts bare (RFC 9909).
 */
function privateKeyOf(oid: Buffer, inner: Uint8Array): KeyObject {
  return crypto.createPrivateKey({ key: pkcs8Of(oid, inner), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(oid: Buffer, publicKey: Uint8Array): KeyObject {
  try {
    return crypto.createPublicKey({ key: spkiOf(oid, publicKey), format: 'der', type: 'spki' });
  } catch (cause) {
    const expected = 'a public key that the standard accepts';
    const details = { path: 'publicKey', expected };
    throw new WitanError('invalid_argument', `publicKey: expected ${expected}`, details, cause);
  }
}

function rawPublicKey(key: KeyObject, length: number): Uint8Array {
  const spki = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' });
  return Uint8Array.from(spki.subarray(-length));
}
