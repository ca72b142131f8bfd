/**
 * `@oqs/liboqs-js`: the C library liboqs compiled to WebAssembly; 10 to 20 times as fast as JavaScript,
 * unaudited.
 *
 * Its package declares Node 22, and its code runs on Node 20 too; it is loaded only when it is asked for, so
 * that
 * a machine where it does not load loses this backend and nothing else.
 */
import type {
  BackendName,
  KemAlgorithm,
  SignatureAlgorithm,
} from '../../../kernel/ports/crypto/algorithms.ts';
import type { KemScheme, SignatureScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { absent, checkedLength, checkedSeed, holds, type CryptoBackend } from '../backend.ts';
import { algorithmInfo } from '../catalogue.ts';
import { isReducedKey } from './ml-kem-key.ts';
import { refusedKey, seedExpander } from './noble-post-quantum.ts';

/** What the library gives for a signature: every argument must be a plain Uint8Array. */
export interface LiboqsSigner {
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array;
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}

/** What the library gives for a KEM. */
export interface LiboqsKem {
  encapsulate(publicKey: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array };
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

const NAME: BackendName = 'liboqs';

/** Post-quantum signatures and ML-KEM; each algorithm is a WebAssembly module of its own. */
export function liboqsBackend(): CryptoBackend {
  return {
    name: NAME,
    async signature(algorithm) {
      const signer = await liboqsSigner(algorithm);
      return signer && schemeOf(algorithm, signer, await seedExpander(algorithm));
    },
    async kem(algorithm) {
      const kem = algorithm === 'x-wing' ? undefined : await liboqsKem(algorithm);
      return kem && kemOf(algorithm, kem, await seedExpander(algorithm));
    },
    aead: absent,
  };
}

/** The library's object; undefined where it lacks the algorithm. @throws whatever a failing load throws */
export async function liboqsSigner(algorithm: SignatureAlgorithm): Promise<LiboqsSigner | undefined> {
  if (!algorithmInfo(algorithm).isPostQuantum) return undefined;
  return instanceOf<LiboqsSigner>(await import('@oqs/liboqs-js/sig'), algorithm);
}

/** The library's object. @throws whatever a failing load throws */
export async function liboqsKem(algorithm: KemAlgorithm): Promise<LiboqsKem | undefined> {
  return instanceOf<LiboqsKem>(await import('@oqs/liboqs-js/kem'), algorithm);
}

/** `ml-dsa-44` is made by `createMLDSA44`, `slh-dsa-sha2-128f` by `createSLHDSASHA2_128f` or a like name. */
async function instanceOf<T>(library: object, algorithm: string): Promise<T | undefined> {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const entry = Object.entries(library).find(([name]) => plain(name) === `create${plain(algorithm)}`);
  return entry && ((await (entry[1] as () => Promise<T>)()) as T);
}

type Expander = Awaited<ReturnType<typeof seedExpander>>;

function schemeOf(algorithm: SignatureAlgorithm, signer: LiboqsSigner, expand: Expander): SignatureScheme {
  return {
    algorithm,
    backend: NAME,
    keyFromSeed(seed) {
      const { publicKey, secretKey } = expand(checkedSeed(algorithm, seed));
      return { publicKey, sign: (message) => signer.sign(Uint8Array.from(message), secretKey) };
    },
    verify: (publicKey, message, signature) =>
      holds(() =>
        signer.verify(Uint8Array.from(message), Uint8Array.from(signature), Uint8Array.from(publicKey)),
      ),
  };
}

function kemOf(algorithm: KemAlgorithm, kem: LiboqsKem, expand: Expander): KemScheme {
  const { publicKeyBytes, outputBytes } = algorithmInfo(algorithm);
  return {
    algorithm,
    backend: NAME,
    keyFromSeed(seed) {
      const { publicKey, secretKey } = expand(checkedSeed(algorithm, seed));
      return {
        publicKey,
        decapsulate: (ciphertext) =>
          kem.decapsulate(checkedLength('ciphertext', ciphertext, outputBytes), secretKey),
      };
    },
    encapsulate(publicKey) {
      const key = checkedLength('publicKey', publicKey, publicKeyBytes);
      // The library takes unreduced coefficients, which FIPS 203 §7.2 refuses.
      if (!isReducedKey(key)) throw refusedKey();
      return kem.encapsulate(key);
    },
  };
}
