/**
 * Keys that also sign together by BLS: each seat's BLS secret follows from its Ed25519 secret, so that it is
 * kept, encrypted, rotated, revoked and backed up with it.
 */
import { WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AggregateHalf, AggregateSigner, KeysPort } from '../../../kernel/ports/keys.ts';
import { PassedOnKeys } from '../passed-on-keys.ts';
import type { LoadedKey } from './signing-jobs.ts';
import { signingThread } from './signing-thread.ts';
import type { SigningThread } from './signing-thread.ts';

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

/** Any keys with aggregates beside them. */
export class AggregatingKeys extends PassedOnKeys {
  readonly aggregate: AggregateSigner;
  readonly #keys: DerivingKeys;
  readonly #thread: SigningThread;

  constructor(keys: DerivingKeys, clock: Clock) {
    super(keys);
    this.#keys = keys;
    const thread = signingThread(clock);
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
        const { signature } = await thread.run({ keys: loaded, sign: { keyIds, message } }, signal);
        return signature!;
      },
    };
  }

  /** See KeysPort. */
  override async close(): Promise<void> {
    await this.#thread.close();
    await super.close();
  }

  #loaded(keyId: string): LoadedKey {
    const seed = this.#keys.derive(keyId, BLS_SEED_LABEL);
    return { keyId, seed, half: this.#keys.get(keyId)?.aggregate ?? null };
  }
}
