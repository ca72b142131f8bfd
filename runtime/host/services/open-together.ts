/** Services that are opened one after the other and closed together. */
import type { AuditTrail } from '../../../agents/platform/audit/events/trail.ts';
import type { FeatureFlags } from '../../../config/feature-flags.ts';
import type { Settings } from '../../../config/schema.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { ServiceBackends } from '../../../transport/door/services.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { InferencePort } from '../../kernel/ports/inference.ts';
import type { NodeTelemetry } from '../../telemetry/node-telemetry.ts';
import type { NodeStores } from '../record/open-stores.ts';

/** What services are built from. */
export interface ServiceParts {
  readonly settings: Settings;
  readonly flags: FeatureFlags;
  /** Its ledger is the trail's: events that are appended to it go through `/platform/audit/events`. */
  readonly stores: NodeStores;
  readonly trail: AuditTrail;
  /** Brings the index up to the end of the log. @throws unavailable */
  readonly syncIndex: () => Promise<void>;
  /** Folder of the node; null where nothing is kept. */
  readonly dataDir: string | null;
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly telemetry: NodeTelemetry;
  readonly signal: AbortSignal;
  /** The same child; in a cluster it runs on one node of those with these roles, and is reached on all. */
  readonly once: (spec: ChildSpec, roles: readonly string[]) => ChildSpec;
  /** Whether this node shares its record with others. */
  readonly isShared: boolean;
}

/** One opened service. */
export interface NodeService {
  /** Start below `/platform`, before the orchestrator. */
  readonly children: readonly ChildSpec[];
  readonly backends: ServiceBackends;
  /** Models of the node, by the service that has them. */
  readonly inference?: InferencePort | undefined;
  /** Called once, after the actors have ended and before the stores close. */
  close(): Promise<void>;
}

/** Opens one service. @throws what keeps the node from starting */
export type OpenService = (parts: ServiceParts) => Promise<NodeService>;

/** Opens all services in their order, or none. @throws what the first that fails throws */
export async function openTogether(
  services: readonly OpenService[],
  parts: ServiceParts,
): Promise<NodeService> {
  const opened: NodeService[] = [];
  const close = async (): Promise<void> => {
    let first: unknown;
    for (const service of opened.splice(0).reverse()) {
      await service.close().catch((error: unknown) => (first ??= error));
    }
    if (first !== undefined) throw first;
  };
  try {
    for (const open of services) opened.push(await open(parts));
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return {
    children: opened.flatMap((service) => service.children),
    backends: Object.assign({}, ...opened.map((service) => service.backends)) as ServiceBackends,
    inference: opened.find((service) => service.inference)?.inference,
    close,
  };
}
