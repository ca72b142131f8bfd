/** Port: signing keys. Private keys never leave the implementation. */

/** Public half of a signing key and its life. Indices are ledger positions: order, not wall time. */
export interface KeyInfo {
  /** `purpose#16 hex digits of SHA-256(raw public key)`. */
  readonly keyId: string;
  /** `node`, `seat/<seat>`, `checkpoint`. */
  readonly purpose: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly state: 'active' | 'retired' | 'revoked';
  readonly createdAtWallMs: number;
  /** Set when retired or revoked. */
  readonly endedAtWallMs?: number;
  readonly reason?: string;
  /** Set once the key may take part in aggregates. */
  readonly aggregate?: AggregateHalf;
}

/** Public half of the BLS key that goes with a key, and the proof that its secret half is held. */
export interface AggregateHalf {
  /** Point of G1, 48 bytes. */
  readonly publicKey: Uint8Array;
  /** Proof of possession, point of G2, 96 bytes. */
  readonly possession: Uint8Array;
}

/** Signs for several keys at once, BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_. */
export interface AggregateSigner {
  /**
   * Gives keys their BLS half; those that have one keep it, and it is held against the secret.
   * @throws not_found, permission_denied, verification_failed, storage_failed, unavailable
   */
  introduce(keyIds: readonly string[]): Promise<void>;
  /**
   * One signature of 96 bytes by all named keys over `message`.
   * @param signal aborted: nobody waits any more; what has not begun is dropped
   * @throws not_found for a key without a BLS half, permission_denied for a revoked one, overloaded,
   *   unavailable, cancelled
   */
  sign(keyIds: readonly string[], message: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Post-quantum key that signs checkpoints beside the Ed25519 one. */
export interface CoSigningKey {
  /** ML-DSA-44, 1,312 bytes. */
  readonly publicKey: Uint8Array;
  /** 2,420 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** Ed25519 keys by purpose; one key per purpose is active. */
export interface KeysPort {
  /** Absent: checkpoints are not co-signed. */
  readonly coSigner?: CoSigningKey;
  /** Absent: ballots are not aggregated. */
  readonly aggregate?: AggregateSigner;
  /** The active key of a purpose, made on first use. */
  active(purpose: string): KeyInfo;
  /** 64 bytes over `message` with the named key. @throws not_found, permission_denied when revoked */
  sign(keyId: string, message: Uint8Array): Uint8Array;
  get(keyId: string): KeyInfo | undefined;
  list(): readonly KeyInfo[];
  /** New active key; the old one is retired and still verifies what it signed. */
  rotate(purpose: string, reason: string): Promise<KeyInfo>;
  /** What a revoked key signed no longer verifies as a seat's word. */
  revoke(keyId: string, reason: string): Promise<KeyInfo>;
  close(): Promise<void>;
}
