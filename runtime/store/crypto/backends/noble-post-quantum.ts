/**
 * `@noble/post-quantum`: everything, in plain JavaScript; slow, unaudited, not constant in time.
 *
 * It is the only backend that computes a key pair from a seed for every algorithm, so the others borrow that.
 */
import type {
  BackendName,
  KemAlgorithm,
  SignatureAlgorithm,
} from '../../../kernel/ports/crypto/algorithms.ts';
import type { KemScheme, SignatureScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { absent, checkedLength, checkedSeed, holds, type CryptoBackend } from '../backend.ts';
import { algorithmInfo } from '../catalogue.ts';
import { WitanError } from '../../../../contracts/errors.ts';

/** Both halves of a key pair in the encoding of the standard. */
export interface ExpandedKey {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** What the library gives for one signature algorithm. */
export interface NobleSigner {
  keygen(seed?: Uint8Array): ExpandedKey;
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array;
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

/** What the library gives for one KEM. */
export interface NobleKem {
  keygen(seed?: Uint8Array): ExpandedKey;
  encapsulate(publicKey: Uint8Array): { cipherText: Uint8Array; sharedSecret: Uint8Array };
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

const NAME: BackendName = 'noble-post-quantum';

/** All post-quantum algorithms, loaded when the first one is asked for. */
export function noblePostQuantumBackend(): CryptoBackend {
  return {
    name: NAME,
    async signature(algorithm) {
      const signer = await nobleSigner(algorithm);
      return signer && schemeOf(algorithm, signer);
    },
    async kem(algorithm) {
      const kem = await nobleKem(algorithm);
      return kem && kemOf(algorithm, kem);
    },
    aead: absent,
  };
}

/** The library's object for a signature; undefined for one that it lacks. */
export async function nobleSigner(algorithm: SignatureAlgorithm): Promise<NobleSigner | undefined> {
  if (algorithm.startsWith('ml-dsa')) {
    const { ml_dsa44, ml_dsa65, ml_dsa87 } = await import('@noble/post-quantum/ml-dsa.js');
    return { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 }[algorithm as 'ml-dsa-44'];
  }
  if (algorithm.startsWith('slh-dsa')) {
    const library = await import('@noble/post-quantum/slh-dsa.js');
    return library[algorithm.replaceAll('-', '_') as 'slh_dsa_sha2_128f'];
  }
  if (algorithm.startsWith('falcon')) {
    const { falcon512, falcon1024 } = await import('@noble/post-quantum/falcon.js');
    return algorithm === 'falcon-512' ? falcon512 : falcon1024;
  }
  return undefined;
}

/** The library's object for a KEM. */
export async function nobleKem(algorithm: KemAlgorithm): Promise<NobleKem | undefined> {
  if (algorithm === 'x-wing') return (await import('@noble/post-quantum/hybrid.js')).ml_kem768_x25519;
  const { ml_kem512, ml_kem768, ml_kem1024 } = await import('@noble/post-quantum/ml-kem.js');
  return { 'ml-kem-512': ml_kem512, 'ml-kem-768': ml_kem768, 'ml-kem-1024': ml_kem1024 }[algorithm];
}

/** Function that gives the key pair of a seed. */
export async function seedExpander(
  algorithm: SignatureAlgorithm | KemAlgorithm,
): Promise<(seed: Uint8Array) => ExpandedKey> {
  const { kind } = algorithmInfo(algorithm);
  const found = await (kind === 'kem'
    ? nobleKem(algorithm as KemAlgorithm)
    : nobleSigner(algorithm as SignatureAlgorithm));
  return (seed) => found!.keygen(checkedSeed(algorithm, seed));
}

function schemeOf(algorithm: SignatureAlgorithm, signer: NobleSigner): SignatureScheme {
  return {
    algorithm,
    backend: NAME,
    keyFromSeed(seed) {
      const { publicKey, secretKey } = signer.keygen(checkedSeed(algorithm, seed));
      return { publicKey, sign: (message) => signer.sign(Uint8Array.from(message), secretKey) };
    },
    verify: (publicKey, message, signature) =>
      holds(() =>
        signer.verify(Uint8Array.from(signature), Uint8Array.from(message), Uint8Array.from(publicKey)),
      ),
  };
}

function kemOf(algorithm: KemAlgorithm, kem: NobleKem): KemScheme {
  const { publicKeyBytes, outputBytes } = algorithmInfo(algorithm);
  return {
    algorithm,
    backend: NAME,
    keyFromSeed(seed) {
      const { publicKey, secretKey } = kem.keygen(checkedSeed(algorithm, seed));
      return {
        publicKey,
        decapsulate: (ciphertext) =>
          kem.decapsulate(checkedLength('ciphertext', ciphertext, outputBytes), secretKey),
      };
    },
    encapsulate(publicKey) {
      const key = checkedLength('publicKey', publicKey, publicKeyBytes);
      try {
        const { cipherText, sharedSecret } = kem.encapsulate(key);
        return { ciphertext: cipherText, sharedSecret };
      } catch (cause) {
        throw refusedKey(cause);
      }
    },
  };
}

/** A public key that fails the checks of FIPS 203 §7.2. */
export function refusedKey(cause?: unknown): WitanError {
  const expected = 'a public key that the standard accepts';
  return new WitanError(
    'invalid_argument',
    `publicKey: expected ${expected}`,
    { path: 'publicKey', expected },
    cause,
  );
}
