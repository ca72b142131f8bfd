/** Port: the algorithms that a crypto provider may offer, by name. */

/** Parameter sets of SLH-DSA (FIPS 205); `f` signs fast, `s` gives small signatures. */
export type SlhDsaAlgorithm = `slh-dsa-${'sha2' | 'shake'}-${'128' | '192' | '256'}${'f' | 's'}`;

/** Signatures. Falcon is that of round 3, not FN-DSA: its final standard will not be compatible. */
export type SignatureAlgorithm =
  | 'ed25519'
  | 'ecdsa-p256'
  | 'ecdsa-secp256k1'
  | 'bls12-381'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87'
  | SlhDsaAlgorithm
  | 'falcon-512'
  | 'falcon-1024';

/** Key encapsulation; `x-wing` joins X25519 and ML-KEM-768. */
export type KemAlgorithm = 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024' | 'x-wing';

/** Authenticated encryption. */
export type AeadAlgorithm = 'aes-256-gcm';

/** Any of them. */
export type CryptoAlgorithm = SignatureAlgorithm | KemAlgorithm | AeadAlgorithm;

/** Libraries that compute. */
export type BackendName = 'node' | 'blst' | 'noble-curves' | 'liboqs' | 'noble-post-quantum';

/**
 * What is known of an implementation: `audited` by an independent party whose report is public, `unaudited`,
 * or `experimental`: unaudited, and the algorithm itself is not final.
 */
export type Standing = 'audited' | 'unaudited' | 'experimental';

/** What an algorithm is and how long its values are, in bytes. */
export interface AlgorithmInfo {
  readonly algorithm: CryptoAlgorithm;
  readonly kind: 'signature' | 'kem' | 'aead';
  /** Document that defines it. */
  readonly standard: string;
  /** Withstands a quantum computer, as far as is known; off unless the operator switches it on. */
  readonly isPostQuantum: boolean;
  /** Secret from which the key pair follows; for `aead` the key. */
  readonly seedBytes: number;
  readonly publicKeyBytes: number;
  /** Signature (its greatest length), ciphertext of a KEM, or tag. */
  readonly outputBytes: number;
}
