/** A key service that lives as long as the process. */
import { randomBytes } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import { toHex } from '../../../../contracts/ledger/bytes.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { KmsPort, WrappingKeyInfo } from '../../../kernel/ports/crypto/kms.ts';
import { unwrapUnder, wrapUnder } from './wrapping.ts';

/** A wrapping key with its secret. */
export interface HeldWrappingKey {
  readonly info: WrappingKeyInfo;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** KmsPort without a file behind it; the file service adds one. */
export class MemoryKms implements KmsPort {
  readonly kind: string = 'memory';
  readonly #clock: Clock;
  readonly #held = new Map<string, HeldWrappingKey>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** See KmsPort. */
  async makeKey(label: string): Promise<WrappingKeyInfo> {
    const keyId = `wrap-${toHex(randomBytes(8))}`;
    const key = {
      info: { keyId, label, createdAtWallMs: this.#clock.wallMs() },
      secret: Uint8Array.from(randomBytes(32)),
    };
    await this.store(key);
    this.hold(key);
    return key.info;
  }

  /** See KmsPort. */
  keys(): readonly WrappingKeyInfo[] {
    return Array.from(this.#held.values(), (key) => key.info);
  }

  /** See KmsPort. */
  async wrap(keyId: string, secret: Uint8Array, context: string): Promise<Uint8Array> {
    return wrapUnder({ keyId, secret: this.#named(keyId).secret, context }, secret);
  }

  /** See KmsPort. */
  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return unwrapUnder({ keyId, secret: this.#named(keyId).secret, context }, wrapped);
  }

  /** See KmsPort. */
  async destroyKey(keyId: string): Promise<void> {
    const key = this.#held.get(keyId);
    if (!key) return;
    await this.erase(key);
    key.secret.fill(0);
    this.#held.delete(keyId);
  }

  /** See KmsPort. */
  async close(): Promise<void> {
    for (const key of this.#held.values()) key.secret.fill(0);
    this.#held.clear();
  }

  /** Takes a key that was stored before. */
  protected hold(key: HeldWrappingKey): void {
    this.#held.set(key.info.keyId, key);
  }

  /** Makes a new key durable; here nothing is. */
  protected async store(_key: HeldWrappingKey): Promise<void> {
    // Memory alone.
  }

  /** Destroys the stored form of a key. */
  protected async erase(_key: HeldWrappingKey): Promise<void> {
    // Memory alone.
  }

  #named(keyId: string): HeldWrappingKey {
    const key = this.#held.get(keyId);
    if (key) return key;
    throw new WitanError('not_found', `no wrapping key ${keyId}; it may have been destroyed`, { keyId });
  }
}
