/** What a node proves to itself before it says that it is ready. */
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { SeatedPlan } from './council-plans.ts';
import type { NodeStores } from '../record/open-stores.ts';

/** What is checked. */
export interface SelfCheck {
  readonly system: ActorSystem;
  readonly stores: NodeStores;
  readonly seats: readonly SeatedPlan[];
  readonly roles: Settings['node']['roles'];
}

/** Paths that each role must have alive. */
const ROLE_PATHS: Partial<Record<Settings['node']['roles'][number], readonly string[]>> = {
  platform: [
    '/platform/policy',
    '/platform/safety',
    '/platform/bias',
    '/platform/privacy',
    '/platform/orchestrator',
  ],
  worker: ['/council'],
};

/**
 * Keys sign what they verify, the log gives a signed head, every actor of the roles lives.
 * @throws unavailable, storage_failed
 */
export async function checkSelf({ system, stores, seats, roles }: SelfCheck): Promise<void> {
  const probe = utf8('witan-self-check');
  for (const purpose of ['node', 'checkpoint']) {
    const { keyId, publicKey } = stores.keys.active(purpose);
    if (verifyEd25519(publicKey, probe, stores.keys.sign(keyId, probe))) continue;
    throw new WitanError('storage_failed', `the key of ${purpose} does not verify what it signs`, { keyId });
  }
  await stores.ledger.checkpoint();
  const paths = roles.flatMap((role) => ROLE_PATHS[role] ?? []);
  if (roles.includes('worker')) paths.push(...seats.map(({ plan }) => `/council/${plan.seat}`));
  const missing = paths.filter((path) => !system.find(path));
  if (missing.length > 0)
    throw new WitanError('unavailable', `not running: ${missing.join(', ')}`, { actors: missing });
}
