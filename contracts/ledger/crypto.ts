/** The primitives that verification needs, injected so that this room stays free of any platform. */

/** SHA-256 of `bytes`: 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Whether `signature` (64 bytes) over `message` verifies under the raw 32-byte key. Never throws. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Whether an ML-DSA-44 signature (FIPS 204, empty context) holds. Never throws. */
export type VerifyMlDsa44 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Both, as verifiers take them. */
export interface LedgerCrypto {
  readonly sha256: Sha256;
  readonly verifyEd25519: VerifyEd25519;
  /** Absent: nothing that a reader pinned a co-signer's key for is verified. */
  readonly verifyMlDsa44?: VerifyMlDsa44;
}
