/** The models of a node: their registry, what it tells, and what doors ask of it. */
import type { ModelEvent } from '../../../../agents/inference/registry/model-registry.ts';
import { ServedInference } from '../../../../agents/inference/registry/served-inference.ts';
import type { AuditTrail } from '../../../../agents/platform/audit/events/trail.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import { openNodeModels } from '../../models/open-models.ts';
import type { NodeService, ServiceParts } from '../open-together.ts';
import { nodeInference, warmPools } from '../../inference/node-inference.ts';
import { NodeModels } from './node-models.ts';
import type { PoolFigures } from './node-models.ts';

const SCOPE = '/inference/registry';

/**
 * Opens the registry. Manifests are checked now, files when a model is first asked for: a node that asks none
 * reads none.
 * @throws config_invalid, verification_failed for damaged choices
 */
export async function openModelsService(parts: ServiceParts): Promise<NodeService> {
  const { settings, dataDir, system, clock, telemetry, trail, stores } = parts;
  const onEvent = modelNews(telemetry, trail);
  const registry = await openNodeModels({ settings, dataDir, clock, onEvent });
  const inference = { settings, system, telemetry, lookup: (name: string) => registry.lookup(name) };
  const pools = nodeInference(inference);
  await warmPools(pools, inference);
  const status = (): Promise<readonly PoolFigures[]> => pools.status();
  return {
    children: [],
    // Asked by the names of models: choices of operators, canaries and ways back hold for whoever asks.
    inference: new ServedInference(registry, pools),
    backends: { models: new NodeModels({ registry, ledger: stores.ledger, clock, pools: status }) },
    close: async () => {
      await pools.close(0);
      await registry.settled();
    },
  };
}

/** What a registry tells, as lines of the log; what a node did by itself is on the record too. */
export function modelNews(telemetry: TelemetryPort, trail: AuditTrail): (event: ModelEvent) => void {
  const note = (payload: Readonly<Record<string, unknown>>): void =>
    trail.note({
      kind: 'event',
      tenant: 'system',
      payload: { ...payload, audit: { category: 'configuration' } },
    });
  return (event) => {
    if (event.kind === 'loaded') telemetry.log('info', SCOPE, 'a model was read', { model: event.ref });
    if (event.kind === 'changed') telemetry.log('info', SCOPE, 'another version serves', { ...event });
    if (event.kind === 'refused') {
      const { id, version, code, message } = event.fault;
      telemetry.log('error', SCOPE, message, { model: id, version, code });
      note({ event: 'model-refused', model: id, version, code });
    }
    if (event.kind === 'rolled-back') {
      const { id, from, to, why } = event;
      const what = to === null ? 'a model fails, and there is no former version' : 'a model was taken back';
      telemetry.log('error', SCOPE, what, { model: id, from, to, why });
      note({ event: 'model-rolled-back', model: id, from, to, why });
    }
  };
}
