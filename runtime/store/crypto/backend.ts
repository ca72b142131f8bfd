/** What a library must give to take part in the provider, and the checks that all of them share. */
import { WitanError } from '../../../contracts/errors.ts';
import type {
  AeadAlgorithm,
  BackendName,
  CryptoAlgorithm,
  KemAlgorithm,
  SignatureAlgorithm,
} from '../../kernel/ports/crypto/algorithms.ts';
import type { AeadScheme, KemScheme, SignatureScheme } from '../../kernel/ports/crypto/crypto-provider.ts';
import { algorithmInfo } from './catalogue.ts';

/** One library. A method gives undefined for an algorithm that it, or this machine's build, does not have. */
export interface CryptoBackend {
  readonly name: BackendName;
  signature(algorithm: SignatureAlgorithm): Promise<SignatureScheme | undefined>;
  kem(algorithm: KemAlgorithm): Promise<KemScheme | undefined>;
  aead(algorithm: AeadAlgorithm): Promise<AeadScheme | undefined>;
}

/** Nothing of that kind in a library. */
export function absent(): Promise<undefined> {
  return Promise.resolve(undefined);
}

/** Seed of the right length, copied. @throws invalid_argument */
export function checkedSeed(algorithm: CryptoAlgorithm, seed: Uint8Array): Uint8Array {
  return checkedLength('seed', seed, algorithmInfo(algorithm).seedBytes);
}

/** Bytes of the right length as a plain array (some libraries refuse a Buffer). @throws invalid_argument */
export function checkedLength(path: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return Uint8Array.from(bytes);
  const expected = `${length} bytes`;
  throw new WitanError('invalid_argument', `${path}: expected ${expected}`, { path, expected });
}

/** Result of a check that must not throw, whatever a library does with malformed input. */
export function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
