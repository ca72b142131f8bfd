/** Keys that live as long as the process: for tests, the simulator and throw-away nodes. */
import { randomBytes } from 'node:crypto';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { AggregateHalf, KeyInfo } from '../../kernel/ports/keys.ts';
import type { DerivingKeys } from './aggregate/aggregating-keys.ts';
import { KeyRing, makeKey } from './key-ring.ts';

/** Settings of {@link MemoryKeys}. */
export interface MemoryKeysOptions {
  readonly clock: Clock;
  /** Makes every key follow from this text, for runs that must repeat exactly. Without it keys are random. */
  readonly seed?: string;
}

/** KeysPort without a store behind it. */
export class MemoryKeys implements DerivingKeys {
  readonly #clock: Clock;
  readonly #ring: KeyRing;
  readonly #seed: string | undefined;
  #made = 0;

  constructor({ clock, seed }: MemoryKeysOptions) {
    this.#clock = clock;
    this.#ring = new KeyRing(clock);
    this.#seed = seed;
  }

  /** See KeysPort. */
  active(purpose: string): KeyInfo {
    return this.#ring.active(purpose) ?? this.#make(purpose);
  }

  /** See KeysPort. */
  sign(keyId: string, message: Uint8Array): Uint8Array {
    return this.#ring.sign(keyId, message);
  }

  /** See KeysPort. */
  get(keyId: string): KeyInfo | undefined {
    return this.#ring.get(keyId);
  }

  /** See KeysPort. */
  list(): readonly KeyInfo[] {
    return this.#ring.list();
  }

  /** See KeysPort. */
  async rotate(purpose: string, reason: string): Promise<KeyInfo> {
    const old = this.#ring.active(purpose);
    if (old) this.#ring.replace(this.#ring.ended(old.keyId, 'retired', reason));
    return this.#make(purpose);
  }

  /** See KeysPort. */
  async revoke(keyId: string, reason: string): Promise<KeyInfo> {
    const info = this.#ring.ended(keyId, 'revoked', reason);
    this.#ring.replace(info);
    return info;
  }

  /** See KeysPort. */
  async close(): Promise<void> {
    // Nothing is held outside this object.
  }

  /** See DerivingKeys. */
  derive(keyId: string, label: string): Uint8Array {
    return this.#ring.derive(keyId, label);
  }

  /** See DerivingKeys. */
  keepAggregate(keyId: string, aggregate: AggregateHalf): void {
    this.#ring.replace({ ...this.#ring.held(keyId).info, aggregate });
  }

  #make(purpose: string): KeyInfo {
    this.#made += 1;
    const secret =
      this.#seed === undefined ? randomBytes(32) : sha256(utf8(`${this.#seed}\n${this.#made}\n${purpose}`));
    const key = makeKey(purpose, secret, this.#clock.wallMs());
    this.#ring.add(key);
    return key.info;
  }
}
