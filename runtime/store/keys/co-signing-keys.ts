/** Keys that also co-sign checkpoints by a post-quantum algorithm. */
import type { AggregateSigner, CoSigningKey, KeysPort } from '../../kernel/ports/keys.ts';
import { PassedOnKeys } from './passed-on-keys.ts';

/** Any keys with a co-signer beside them. */
export class CoSigningKeys extends PassedOnKeys {
  readonly coSigner: CoSigningKey;
  readonly aggregate?: AggregateSigner;

  constructor(keys: KeysPort, coSigner: CoSigningKey) {
    super(keys);
    this.coSigner = coSigner;
    if (keys.aggregate) this.aggregate = keys.aggregate;
  }
}
