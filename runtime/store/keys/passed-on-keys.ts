/** Keys with something beside them: everything that is theirs is passed on. */
import type { KeyInfo, KeysPort } from '../../kernel/ports/keys.ts';

/** Extended by what adds to keys; see KeysPort for each call. */
export class PassedOnKeys implements KeysPort {
  readonly #keys: KeysPort;

  constructor(keys: KeysPort) {
    this.#keys = keys;
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
  async close(): Promise<void> {
    await this.#keys.close();
  }
}
