/** `/platform/audit/events` of a node, what it notes of the node itself, and alarms. */
import { spawnAuditEvents } from '../../../../agents/platform/audit/events/events-actor.ts';
import type { NodeService, ServiceParts } from '../open-together.ts';

/** Opens the actor that every event goes through. */
export async function openAuditEvents(parts: ServiceParts): Promise<NodeService> {
  const { settings, trail, clock, system } = parts;
  const { requestWindowMs: windowMs, appendMaxCount } = settings.audit;
  const unsubscribe = system.subscribe((event) => {
    if (event.kind !== 'crashed') return;
    const { path, decision } = event;
    const payload = { event: 'actor-failed', path, decision, audit: { category: 'system' } };
    trail.note({ kind: 'event', tenant: 'system', payload });
  });
  const events = {
    id: 'events',
    start: (parent: Parameters<typeof spawnAuditEvents>[0]) =>
      spawnAuditEvents(parent, { ledger: trail.log, trail, clock, windowMs, appendMaxCount }),
  };
  return {
    children: [events],
    backends: {},
    close: async () => unsubscribe.close(),
  };
}
