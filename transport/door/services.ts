/** Services that a node offers beside decisions; each door asks for one and is told when it is absent. */
import { WitanError } from '../../contracts/errors.ts';
import type { AnchorBackend } from './anchor-backend.ts';
import type { AccountabilityBackend } from './accountability-backend.ts';
import type { ArchiveBackend } from './archive-backend.ts';
import type { AuditBackend } from './audit-backend.ts';
import type { ClusterBackend } from './cluster-backend.ts';
import type { ContentBackend } from './content-backend.ts';
import type { ErasureBackend } from './erasure-backend.ts';
import type { LogBackend, WitnessBackend } from './log-backend.ts';
import type { ModelsBackend } from './models-backend.ts';

/** What the services of a node answer; absent: this node does not run the service. */
export interface ServiceBackends {
  readonly accountability?: AccountabilityBackend | undefined;
  readonly cluster?: ClusterBackend | undefined;
  readonly content?: ContentBackend | undefined;
  readonly anchor?: AnchorBackend | undefined;
  readonly audit?: AuditBackend | undefined;
  readonly archive?: ArchiveBackend | undefined;
  readonly erasure?: ErasureBackend | undefined;
  readonly log?: LogBackend | undefined;
  readonly models?: ModelsBackend | undefined;
  readonly witness?: WitnessBackend | undefined;
}

/**
 * The backend of one service.
 * @throws not_supported when this node does not run it
 */
export function needService<Name extends keyof ServiceBackends>(
  services: ServiceBackends,
  name: Name,
): NonNullable<ServiceBackends[Name]> {
  const service = services[name];
  if (service !== undefined) return service;
  throw new WitanError('not_supported', `this node does not run the service ${name}`, { service: name });
}
