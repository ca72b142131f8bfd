/** A key of the ring as it stands on the record and in proofs. */
import { toHex } from '../../../contracts/ledger/bytes.ts';
import type { ProofKey } from '../../../contracts/messages/proof.ts';
import type { KeyInfo } from '../../kernel/ports/keys.ts';

/** Public halves and state, in the form of the record. */
export function proofKeyOf({ keyId, purpose, publicKey, state, aggregate }: KeyInfo): ProofKey {
  const key = { keyId, purpose, publicKey: toHex(publicKey), state };
  if (!aggregate) return key;
  const half = { publicKey: toHex(aggregate.publicKey), possession: toHex(aggregate.possession) };
  return { ...key, aggregate: half };
}
