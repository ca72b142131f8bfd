/** Keys that also co-sign checkpoints by a post-quantum algorithm. */
import type { AggregateSigner, CoSigningKey, KeyInfo, KeysPort } from '../../kernel/ports/keys.ts';

/** Any keys with a co-signer beside them; everything else is passed on. */
export class CoSigningKeys implements KeysPort {
  readonly coSigner: CoSigningKey;
  readonly aggregate?: AggregateSigner;
  readonly #keys: KeysPort;

  constructor(keys: KeysPort, coSigner: CoSigningKey) {
    this.#keys = keys;
    this.coSigner = coSigner;
    if (keys.aggregate) this.aggregate = keys.aggregate;
  }

  /** See KeysPort. */
  active(purpose: string): KeyInfo {
    return this.#keys.active(purpose);
  }

  /** See KeysPort. */
  sign(keyId: string, message: Uint8Array): Uint8Array {
    return this.#keys.sign(keyId, message);
  }

  /** See KeysPort. */
  get(keyId: string): KeyInfo | undefined {
    return this.#keys.get(keyId);
  }

  /** See KeysPort. */
  list(): readonly KeyInfo[] {
    return this.#keys.list();
  }

  /** See KeysPort. */
  rotate(purpose: string, reason: string): Promise<KeyInfo> {
    return this.#keys.rotate(purpose, reason);
  }

  /** See KeysPort. */
  revoke(keyId: string, reason: string): Promise<KeyInfo> {
    return this.#keys.revoke(keyId, reason);
  }

  /** See KeysPort. */
  close(): Promise<void> {
    return this.#keys.close();
  }
}
