/** The primitives that verification needs, injected so that this room stays free of any platform. */

/** SHA-256 of `bytes`: 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Whether `signature` (64 bytes) over `message` verifies under the raw 32-byte key. Never throws. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Whether an ML-DSA-44 signature (FIPS 204, empty context) holds. Never throws. */
export type VerifyMlDsa44 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** BLS12-381, keys in G1 and signatures in G2, scheme with proofs of possession. Nothing here throws. */
export interface BlsVerifier {
  /** Whether one key signed `message`: 48, any, and 96 bytes. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Whether the owner of a key proved to hold its secret half; only such keys may sign together. */
  verifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean;
  /** Whether all keys signed the same `message`; possession of each must have been checked before. */
  verifyTogether(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean;
}

/** All of them, as verifiers take them. */
export interface LedgerCrypto {
  readonly sha256: Sha256;
  readonly verifyEd25519: VerifyEd25519;
  /** Absent: nothing that a reader pinned a co-signer's key for is verified. */
  readonly verifyMlDsa44?: VerifyMlDsa44;
  /** Absent: aggregates of ballots are passed over, and the verification says so. */
  readonly bls?: BlsVerifier;
}
