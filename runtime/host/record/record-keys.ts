/** Puts every public key of the node on the record, so that proofs need no other source. */
import { toHex } from '../../../contracts/ledger/bytes.ts';
import type { ProofKey } from '../../../contracts/messages/proof.ts';
import type { KeyInfo } from '../../kernel/ports/keys.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import type { NodeStores } from './open-stores.ts';

/** Payload of a `key` entry; the newest entry of a key says what it is worth. */
export interface KeyPayload extends ProofKey {
  readonly at: string;
  readonly reason: string | null;
}

/** Tenant of entries that belong to the node itself. */
export const SYSTEM_TENANT = 'system';

/**
 * Appends what the record does not say yet of the given purposes' keys and of all that ended.
 * @throws storage_failed
 */
export async function recordKeys(stores: NodeStores, purposes: readonly string[]): Promise<void> {
  for (const purpose of purposes) stores.keys.active(purpose);
  const known = new Map<string, string>();
  for await (const entry of stores.ledger.read(0)) {
    const key = keyPayloadOf(entry);
    if (key) known.set(key.keyId, key.state);
  }
  const news = stores.keys.list().filter((key) => known.get(key.keyId) !== key.state);
  await Promise.all(
    news.map((key) => stores.ledger.append({ kind: 'key', tenant: SYSTEM_TENANT, payload: payloadOf(key) })),
  );
}

/** Key that an entry tells of; undefined for entries of other kinds. */
export function keyPayloadOf(entry: Pick<LedgerEntry, 'kind' | 'payload'>): KeyPayload | undefined {
  return entry.kind === 'key' ? (entry.payload as KeyPayload) : undefined;
}

function payloadOf({
  keyId,
  purpose,
  publicKey,
  state,
  createdAtWallMs,
  endedAtWallMs,
  reason,
}: KeyInfo): KeyPayload {
  const at = new Date(endedAtWallMs ?? createdAtWallMs).toISOString();
  return { keyId, purpose, publicKey: toHex(publicKey), state, at, reason: reason ?? null };
}
