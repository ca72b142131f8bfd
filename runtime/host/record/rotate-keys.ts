/** Life of signing keys while the node runs: every change stands on the record before it is reported. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { KeyInfo } from '../../kernel/ports/keys.ts';
import type { ScheduledJob } from '../../kernel/schedule/scheduler.ts';
import { CHECKPOINT_PURPOSE } from '../../store/ledger/log-signer.ts';
import type { NodeStores } from './open-stores.ts';
import { recordKeys } from './record-keys.ts';

/** Purpose of the key with which the node vouches for logs of others. */
export const WITNESS_PURPOSE = 'witness';

const PINNED_PURPOSES: ReadonlySet<string> = new Set([CHECKPOINT_PURPOSE, WITNESS_PURPOSE]);
const DAY_MS = 86_400_000;

/**
 * Gives a purpose a new key. New sessions freeze it; sessions that froze the old one end with it.
 *
 * @throws not_found for a purpose without a key, storage_failed
 */
export async function rotateKey(stores: NodeStores, purpose: string, reason: string): Promise<KeyInfo> {
  if (!stores.keys.list().some((key) => key.purpose === purpose)) {
    throw new WitanError('not_found', `there is no key for ${purpose}`, { path: 'purpose' });
  }
  const key = await stores.keys.rotate(purpose, reason);
  await recordKeys(stores, []);
  return key;
}

/** Revokes a key: its ballots no longer verify as a seat's word. @throws not_found, storage_failed */
export async function revokeKey(stores: NodeStores, keyId: string, reason: string): Promise<KeyInfo> {
  const key = await stores.keys.revoke(keyId, reason);
  await recordKeys(stores, [key.purpose]);
  return key;
}

/**
 * Daily job that replaces keys of nodes and seats past their age.
 *
 * The keys of the log's checkpoints and of the witness are left alone: readers have pinned them, so replacing
 * one is an operator's act.
 */
export function keyRotationJob(stores: NodeStores, clock: Clock, rotationDays: number): ScheduledJob {
  return {
    name: 'rotate-keys',
    everyMs: DAY_MS,
    timeoutMs: 60_000,
    async run(_slot, budget) {
      for (const key of stores.keys.list()) {
        if (key.state !== 'active' || PINNED_PURPOSES.has(key.purpose)) continue;
        if (clock.wallMs() - key.createdAtWallMs < rotationDays * DAY_MS) continue;
        budget.signal.throwIfAborted();
        await rotateKey(stores, key.purpose, `older than ${rotationDays} days`);
      }
    },
  };
}
