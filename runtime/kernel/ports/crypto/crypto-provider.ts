/** Port: signatures, key encapsulation and authenticated encryption by named algorithms. */
import type {
  AeadAlgorithm,
  AlgorithmInfo,
  BackendName,
  CryptoAlgorithm,
  KemAlgorithm,
  SignatureAlgorithm,
  Standing,
} from './algorithms.ts';

/** A key pair that signs. The secret half stays inside. */
export interface SigningKey {
  readonly publicKey: Uint8Array;
  /** Signature over `message`; two calls may give different ones, which all verify. */
  sign(message: Uint8Array): Uint8Array;
}

/** One signature algorithm on one backend. */
export interface SignatureScheme {
  readonly algorithm: SignatureAlgorithm;
  readonly backend: BackendName;
  /**
   * Key pair that follows from `seed`, the same on every backend. @throws invalid_argument for a bad length
   */
  keyFromSeed(seed: Uint8Array): SigningKey;
  /** Whether the signature over `message` verifies. Never throws. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** A shared secret of 32 bytes and what the other side needs to derive it. */
export interface Encapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** A key pair that opens encapsulations. */
export interface DecapsulationKey {
  readonly publicKey: Uint8Array;
  /**
   * Shared secret of 32 bytes; a ciphertext that was changed gives another secret, not an error (FIPS 203).
   * @throws invalid_argument for a bad length
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array;
}

/** One KEM on one backend. */
export interface KemScheme {
  readonly algorithm: KemAlgorithm;
  readonly backend: BackendName;
  /** Key pair that follows from `seed`, the same on every backend. @throws invalid_argument */
  keyFromSeed(seed: Uint8Array): DecapsulationKey;
  /** @throws invalid_argument for a public key that the standard refuses */
  encapsulate(publicKey: Uint8Array): Encapsulation;
}

/** What authenticated encryption binds; a nonce must never repeat under one key. */
export interface AeadBinding {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
  /** Authenticated, not encrypted. */
  readonly associated: Uint8Array;
}

/** One AEAD on one backend. */
export interface AeadScheme {
  readonly algorithm: AeadAlgorithm;
  readonly backend: BackendName;
  /** Ciphertext and tag of 16 bytes. @throws invalid_argument for a bad length */
  seal(plaintext: Uint8Array, binding: AeadBinding): Uint8Array;
  /** @throws verification_failed when anything was changed or the key is another */
  open(sealed: Uint8Array, binding: AeadBinding): Uint8Array;
}

/** A BLS key whose owner proved to hold the secret half; only such keys may be aggregated. */
export interface ProvenKey {
  readonly publicKey: Uint8Array;
}

/** Aggregates of signatures by many over the same message. */
export interface AggregateScheme extends SignatureScheme {
  /** Proof of possession, 96 bytes. @throws invalid_argument for a bad length */
  provePossession(seed: Uint8Array): Uint8Array;
  /** Checks a proof of possession: without it, a key made from others' keys could forge an aggregate. */
  admit(publicKey: Uint8Array, proof: Uint8Array): ProvenKey | undefined;
  /** One signature of 96 bytes from many. @throws invalid_argument for none, or a malformed one */
  aggregate(signatures: readonly Uint8Array[]): Uint8Array;
  /**
   * What {@link aggregate} gives for the signatures of all these keys over one message, at the cost of one:
   * for who holds every secret anyway. @throws invalid_argument for none
   */
  signTogether(seeds: readonly Uint8Array[], message: Uint8Array): Uint8Array;
  /** Whether all keys signed `message`. @throws invalid_argument for a key that {@link admit} did not give */
  verifyAggregate(keys: readonly ProvenKey[], message: Uint8Array, signature: Uint8Array): boolean;
}

/** How one algorithm fared on one backend. */
export interface SchemeReport {
  readonly algorithm: CryptoAlgorithm;
  readonly backend: BackendName;
  readonly standing: Standing;
  /** `off`: the operator did not switch it on. `absent`: this machine's library does not have it. */
  readonly state: 'passed' | 'failed' | 'absent' | 'off';
  /** Whether callers get this one. */
  readonly isChosen: boolean;
  /** Known answers that were checked, or what went wrong. */
  readonly detail: string;
}

/**
 * Algorithms of this node. A scheme is given out only after its known answers held in this process.
 *
 * Ballots, verdicts and checkpoints are not verified through it: for them one Ed25519 verifier is pinned.
 */
export interface CryptoProvider {
  /** @throws not_supported when it is switched off, absent here, or failed its self-test everywhere */
  signature(algorithm: SignatureAlgorithm): Promise<SignatureScheme>;
  /** @throws not_supported */
  kem(algorithm: KemAlgorithm): Promise<KemScheme>;
  /** @throws not_supported */
  aead(algorithm: AeadAlgorithm): Promise<AeadScheme>;
  /** BLS12-381 with its aggregates. @throws not_supported */
  aggregate(): Promise<AggregateScheme>;
  /** Every algorithm that exists, offered here or not. */
  algorithms(): readonly AlgorithmInfo[];
  /** Tests algorithms (default: all) that are switched on, on every backend that has them. */
  selfTest(algorithms?: readonly CryptoAlgorithm[]): Promise<readonly SchemeReport[]>;
}
