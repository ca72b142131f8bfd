/** Port: keys that wrap other keys. They stay inside: a file of this node, or a hardware or cloud service. */

/** A wrapping key, without its secret. */
export interface WrappingKeyInfo {
  readonly keyId: string;
  /** What it is for. */
  readonly label: string;
  readonly createdAtWallMs: number;
}

/** Wraps small secrets. Everything it gives out is bound to a context, and opens for that context alone. */
export interface KmsPort {
  /** Kind of the service: `file`, `memory`, `pkcs11`. */
  readonly kind: string;
  /** Makes a wrapping key; it is durable when this resolves. @throws storage_failed */
  makeKey(label: string): Promise<WrappingKeyInfo>;
  /** Keys in force, oldest first. */
  keys(): readonly WrappingKeyInfo[];
  /** @throws not_found for a key that does not exist or was destroyed */
  wrap(keyId: string, secret: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws not_found, verification_failed for other bytes or another context */
  unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /**
   * Destroys a key and with it everything that it wrapped, wherever copies of that lie. Repeating it is safe.
   * @throws storage_failed
   */
  destroyKey(keyId: string): Promise<void>;
  close(): Promise<void>;
}
