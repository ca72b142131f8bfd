/** Opens what a node offers beside decisions: stores, actors below `/platform`, and what doors ask. */
import { openAccountabilityService } from './accountability-service.ts';
import { openAuditService } from './audit-service.ts';
import { openModelsService } from './models/models-service.ts';
import { openProofService } from './proof-service.ts';
import { openTogether } from './open-together.ts';
import type { NodeService, OpenService, ServiceParts } from './open-together.ts';

export type { NodeService, ServiceParts } from './open-together.ts';

/** In the order of opening; a service may ask actors of an earlier one. */
const SERVICES: readonly OpenService[] = [
  openAuditService,
  openAccountabilityService,
  openProofService,
  openModelsService,
];

/** Opens all services, or none. @throws what the first that fails throws */
export function openServices(parts: ServiceParts): Promise<NodeService> {
  return openTogether(SERVICES, parts);
}
