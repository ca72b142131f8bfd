/**
 * Keys that also sign together by BLS: each seat's BLS secret follows from its Ed25519 secret, so that it is
 * kept, encrypted, rotated, revoked and backed up with it.
 */
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AggregateHalf, AggregateSigner, KeyInfo, KeysPort } from '../../../kernel/ports/keys.ts';
import type { LoadedKey } from './signing-jobs.ts';
import { SigningThread } from './signing-thread.ts';

/** Names what is derived: another use of the same key gets another secret. */
export const BLS_SEED_LABEL = 'witan-bls12-381-seed/1';

/** Keys whose store can also derive, and keep public halves. */
export interface DerivingKeys extends KeysPort {
  /**
   * 32 bytes that follow from a key's secret and a label.
   * @throws not_found, permission_denied when revoked
   */
  derive(keyId: string, label: string): Uint8Array;
  /** Keeps the public half that was made for a key. @throws not_found, storage_failed */
  keepAggregate(keyId: string, half: AggregateHalf): void;
}

/** Any keys with aggregates beside them; everything else is passed on. */
export class AggregatingKeys implements KeysPort {
  readonly aggregate: AggregateSigner;
  readonly #keys: DerivingKeys;
  readonly #thread: SigningThread;

  constructor(keys: DerivingKeys, clock: Clock) {
    this.#keys = keys;
    const thread = new SigningThread(clock);
    this.#thread = thread;
    this.aggregate = {
      introduce: async (keyIds) => {
        const { halves } = await thread.run({ keys: keyIds.map((keyId) => this.#loaded(keyId)), sign: null });
        for (const { keyId, half } of halves) keys.keepAggregate(keyId, half);
      },
      sign: async (keyIds, message, signal) => {
        const loaded = keyIds.map((keyId) => this.#loaded(keyId));
        const stranger = loaded.find(({ half }) => half === null);
        if (stranger)
          throw new WitanError('not_found', `${stranger.keyId} has no BLS key yet`, {
            keyId: stranger.keyId,
          });
        const { signature } = await thread.run({ keys: loaded, sign: { keyIds, message }, signal });
        return signature!;
      },
    };
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
    await this.#thread.close();
    await this.#keys.close();
  }

  #loaded(keyId: string): LoadedKey {
    const seed = this.#keys.derive(keyId, BLS_SEED_LABEL);
    return { keyId, seed, half: this.#keys.get(keyId)?.aggregate ?? null };
  }
}
