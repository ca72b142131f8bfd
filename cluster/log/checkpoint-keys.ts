/** Keys that sign checkpoints of a replicated log: each node with a copy has its own, under the one log's name. */
import { ProofKey } from '../../contracts/messages/proof.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';

const PURPOSE = 'checkpoint';

/**
 * Checkpoint keys that the record names, for readers to pin: active ones first, then retired; revoked ones
 * never. The newest `key` entry of a key says what it is worth. Reads the whole log.
 */
export async function recordedCheckpointKeys(ledger: Pick<LedgerPort, 'read'>): Promise<ProofKey[]> {
  const keys = new Map<string, ProofKey>();
  for await (const { kind, payload } of ledger.read(0)) {
    const key = kind === 'key' ? ProofKey.loose().safeParse(payload).data : undefined;
    if (key?.purpose !== PURPOSE) continue;
    const { keyId, purpose, publicKey, state } = key;
    keys.set(keyId, { keyId, purpose, publicKey, state });
  }
  const all = [...keys.values()];
  return ['active', 'retired'].flatMap((wanted) => all.filter(({ state }) => state === wanted));
}
