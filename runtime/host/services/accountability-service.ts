/** Accountability of a node: `/platform/accountability`, and what doors ask of it. */
import { spawnAccountability } from '../../../agents/platform/accountability/accountability-actor.ts';
import type { AccountabilityMessage } from '../../../agents/platform/accountability/accountability-actor.ts';
import type { ActorRef } from '../../kernel/index.ts';
import { pinnedKeyOf } from '../record/open-stores.ts';
import { NodeAccountability } from './accountability/node-accountability.ts';
import { entryReaderOf } from './audit/entry-reader-of.ts';
import type { NodeService, ServiceParts } from './open-together.ts';

/** Opens it. @throws storage_failed */
export async function openAccountabilityService(parts: ServiceParts): Promise<NodeService> {
  const { stores, system, clock, syncIndex } = parts;
  const { ledger, index, identities, keys } = stores;
  const { reader } = await entryReaderOf(parts);
  const accountability = new NodeAccountability({
    ledger,
    index,
    identities,
    keys,
    reader,
    syncIndex,
    find: () => system.resolve('/platform/accountability') as ActorRef<AccountabilityMessage>,
    pinnedKey: () => pinnedKeyOf(stores),
    tagOf: (of) => stores.subjectKeys.tagOf(of),
    nowIso: () => new Date(clock.wallMs()).toISOString(),
  });
  const child = {
    id: 'accountability',
    start: (parent: Parameters<typeof spawnAccountability>[0]) =>
      spawnAccountability(parent, { ledger, clock }),
  };
  return {
    children: [parts.once(child, ['platform'])],
    backends: { accountability },
    close: async () => undefined,
  };
}
