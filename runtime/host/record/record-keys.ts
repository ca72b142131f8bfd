/** Puts every public key of the node on the record, so that proofs need no other source. */
import { toWitanError } from '../../../contracts/errors.ts';
import type { WitanError } from '../../../contracts/errors.ts';
import type { ProofKey } from '../../../contracts/messages/proof.ts';
import type { KeyInfo, KeysPort } from '../../kernel/ports/keys.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import { proofKeyOf } from '../../store/keys/proof-key.ts';
import type { NodeStores } from './open-stores.ts';

/** Payload of a `key` entry; the newest entry of a key says what it is worth. */
export interface KeyPayload extends ProofKey {
  readonly at: string;
  readonly reason: string | null;
}

/** Tenant of entries that belong to the node itself. */
export const SYSTEM_TENANT = 'system';

/**
 * Appends what the record does not say yet of the given purposes' keys and of all that ended. Where ballots
 * are aggregated, the keys of seats get their BLS halves first; the record is written also when that fails.
 * @throws storage_failed; unavailable, not_supported, verification_failed for BLS halves
 */
export async function recordKeys(stores: NodeStores, purposes: readonly string[]): Promise<void> {
  const { keys, ledger } = stores;
  for (const purpose of purposes) keys.active(purpose);
  const fault = await introduced(keys);
  const known = new Map<string, string>();
  for await (const entry of ledger.read(0)) {
    const key = keyPayloadOf(entry);
    if (key) known.set(key.keyId, stateOf(key));
  }
  const news = keys
    .list()
    .map((key) => payloadOf(key))
    .filter((key) => known.get(key.keyId) !== stateOf(key));
  await Promise.all(news.map((payload) => ledger.append({ kind: 'key', tenant: SYSTEM_TENANT, payload })));
  if (fault) throw fault;
}

/** Gives the seats' keys what they sign aggregates with; what went wrong, if anything did. */
async function introduced(keys: KeysPort): Promise<WitanError | undefined> {
  const isSeat = ({ purpose, state }: KeyInfo): boolean => state === 'active' && purpose.startsWith('seat/');
  const seats = keys.aggregate ? keys.list().filter(isSeat) : [];
  if (seats.length === 0) return undefined;
  try {
    await keys.aggregate!.introduce(seats.map(({ keyId }) => keyId));
    return undefined;
  } catch (error) {
    return toWitanError(error);
  }
}

/** What the record must say anew when it changes; the BLS half is made once. */
function stateOf({ state, aggregate }: ProofKey): string {
  return aggregate ? `${state}, aggregates` : state;
}

/** What a proof says of a key. */
export function proofKeyIn({ keyId, purpose, publicKey, state, aggregate }: ProofKey): ProofKey {
  return { keyId, purpose, publicKey, state, ...(aggregate && { aggregate }) };
}

/** Key that an entry tells of; undefined for entries of other kinds. */
export function keyPayloadOf(entry: Pick<LedgerEntry, 'kind' | 'payload'>): KeyPayload | undefined {
  return entry.kind === 'key' ? (entry.payload as KeyPayload) : undefined;
}

function payloadOf(key: KeyInfo): KeyPayload {
  const at = new Date(key.endedAtWallMs ?? key.createdAtWallMs).toISOString();
  return { ...proofKeyOf(key), at, reason: key.reason ?? null };
}
