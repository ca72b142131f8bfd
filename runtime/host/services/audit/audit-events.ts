/** `/platform/audit/events` of a node, what it notes of the node itself, and the trail that doors ask. */
import { spawnAuditEvents } from '../../../../agents/platform/audit/events/events-actor.ts';
import type { NodeService, ServiceParts } from '../open-together.ts';
import { entryReaderOf } from './entry-reader-of.ts';
import { LiveTrail } from './live-trail.ts';
import { NodeAudit } from './node-audit.ts';
import { noteNodeChanges } from './node-changes.ts';

/** Opens the actor that every event goes through, and what reads the trail. @throws storage_failed */
export async function openAuditEvents(parts: ServiceParts): Promise<NodeService> {
  const { settings, stores, trail, clock, telemetry, syncIndex } = parts;
  const { ledger, index } = stores;
  const { requestWindowMs: windowMs, appendMaxCount } = settings.audit;
  const { reader, salt } = await entryReaderOf(parts);
  const live = new LiveTrail({ trail, logName: ledger.logId, clock, telemetry });
  const endNotes = await noteNodeChanges(parts, salt);
  const audit = new NodeAudit({
    ledger,
    index,
    syncIndex,
    reader,
    salt,
    live,
    subjectKeys: stores.subjectKeys,
    clock,
    localTenant: settings.identity.localTenant,
  });
  const events = {
    id: 'events',
    start: (parent: Parameters<typeof spawnAuditEvents>[0]) =>
      spawnAuditEvents(parent, { ledger: trail.log, trail, clock, windowMs, appendMaxCount }),
  };
  return {
    children: [events],
    backends: { audit },
    close: async () => {
      endNotes();
      live.close();
    },
  };
}
