/** The trail of a node: every append of the node goes through it. */
import { randomBytes } from 'node:crypto';
import type { EventsMessage } from '../../../../agents/platform/audit/events/events-actor.ts';
import { categoryOfEntry } from '../../../../agents/platform/audit/events/envelope.ts';
import { AuditTrail } from '../../../../agents/platform/audit/events/trail.ts';
import type { Settings } from '../../../../config/schema.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import type { NodeTelemetry } from '../../../telemetry/node-telemetry.ts';

/** Where its actor lives. */
export const EVENTS_PATH = '/platform/audit/events';

/** What a trail is made from. */
export interface TrailParts {
  readonly settings: Settings;
  readonly system: ActorSystem;
  readonly telemetry: NodeTelemetry;
  /** The log itself. */
  readonly ledger: LedgerPort;
}

/** Makes the trail and counts what goes through it (AUD-23). */
export function makeTrail({ settings, system, telemetry, ledger }: TrailParts): AuditTrail {
  const { requestSampleBp: sampleBp, requestSampleMaxPerSecond: maxPerSecond, noteMaxCount } = settings.audit;
  const trail = new AuditTrail({
    ledger,
    clock: system.clock,
    node: settings.node.name,
    makeId: () => `e${randomBytes(16).toString('hex')}`,
    noteMaxCount,
    sampling: { sampleBp, maxPerSecond, chance: () => system.random.next() },
    find: () => system.find(EVENTS_PATH) as ActorRef<EventsMessage> | undefined,
    onListenerError: (error) =>
      telemetry.log('error', EVENTS_PATH, 'a listener of the trail failed', { error: String(error) }),
  });
  trail.subscribe((entry) => telemetry.count('audit_events', 1, { category: categoryOfEntry(entry) }));
  return trail;
}
