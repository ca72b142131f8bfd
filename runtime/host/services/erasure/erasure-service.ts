/** Erasure of personal data, its retention, and legal holds: `/platform/audit/{erasure,retention}`. */
import {
  createErasureClient,
  spawnErasure,
  type ErasureClient,
  type ErasureMessage,
} from '../../../../agents/platform/audit/erasure/erasure-actor.ts';
import { spawnRetention } from '../../../../agents/platform/audit/retention/retention-actor.ts';
import type { OrchestratorMessage } from '../../../../agents/platform/orchestrator/messages.ts';
import type { ErasureBackend } from '../../../../transport/door/erasure-backend.ts';
import type { ActorRef } from '../../../kernel/index.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { requireScope } from '../../door/require-scope.ts';
import type { NodeService, ServiceParts } from '../open-together.ts';
import { erasurePorts, retentionPorts } from './erasure-ports.ts';
import { exportSubject } from './export-subject.ts';
import type { ExportParts } from './export-subject.ts';

/** Place of the actor. */
export const ERASURE_PATH = '/platform/audit/erasure';

/** Opens the service; its actor reads the store when it starts. */
export async function openErasureService({
  settings,
  stores,
  system,
  clock,
  isShared,
}: ServiceParts): Promise<NodeService> {
  if (isShared) {
    const { ledger } = stores;
    const { entryOf } = notShared;
    const parts = { ledger, recorded: stores.privacy.recorded, keys: stores.subjectKeys, clock, entryOf };
    const erasure = { ...notShared, exportSubject: exporting(parts) };
    return { children: [], backends: { erasure }, close: async () => undefined };
  }
  const { privacy, subjectKeys, events } = stores;
  const ports = erasurePorts(stores, clock, (decisionId) => {
    events.forget(decisionId);
    const orchestrator = system.find('/platform/orchestrator') as ActorRef<OrchestratorMessage> | undefined;
    orchestrator?.tell({ type: 'forget', decisionId });
  });
  const client = createErasureClient(() => system.resolve(ERASURE_PATH) as ActorRef<ErasureMessage>);
  const retention = retentionPorts(ports, settings, (expired) => client.expire(expired));
  return {
    children: [
      { id: 'erasure', start: (parent) => spawnErasure(parent, ports) },
      { id: 'retention', start: (parent) => spawnRetention(parent, retention) },
    ],
    backends: {
      erasure: backendOf(client, {
        ledger: stores.ledger,
        recorded: privacy.recorded,
        keys: subjectKeys,
        clock,
        entryOf: (keyIds) => client.entryOf(keyIds),
      }),
    },
    close: async () => undefined,
  };
}

/** Nothing is sealed where several nodes share a record, so there is no key whose end would erase something. */
const notShared: Omit<ErasureBackend, 'exportSubject'> = {
  request: refuse,
  read: refuse,
  hold: refuse,
  release: refuse,
  holds: refuse,
  entryOf: async () => undefined,
};

function refuse(): Promise<never> {
  const details = { path: 'privacy.sealInput', expected: 'a node that is alone' };
  return Promise.reject(
    new WitanError('not_supported', 'nodes of a cluster seal nothing, and erase nothing', details),
  );
}

function exporting(parts: ExportParts): ErasureBackend['exportSubject'] {
  return async (request, principal) => {
    requireScope(principal, 'privacy:export');
    return exportSubject(request, principal, parts);
  };
}

function backendOf(client: ErasureClient, parts: ExportParts): ErasureBackend {
  return {
    exportSubject: exporting(parts),
    async request(request, principal) {
      requireScope(principal, 'privacy:erase');
      return client.request(request, principal);
    },
    async read(erasureId, principal) {
      requireScope(principal, 'privacy:erase');
      return client.read(erasureId, principal);
    },
    async hold(request, principal) {
      requireScope(principal, 'privacy:hold');
      return client.hold(request, principal);
    },
    async release(holdId, reason, principal) {
      requireScope(principal, 'privacy:hold');
      return client.release(holdId, reason, principal);
    },
    async holds(principal) {
      requireScope(principal, 'privacy:hold');
      return { items: [...(await client.holds(principal))] };
    },
    entryOf: (keyIds) => client.entryOf(keyIds),
  };
}
