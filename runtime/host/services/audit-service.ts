/** `/platform/audit`: supervisor of everything that keeps, proves and tells of the record. */
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import { openAnchorService } from './anchor/anchor-service.ts';
import { openArchiveService } from './archive/archive-service.ts';
import { openAuditEvents } from './audit/audit-events.ts';
import { openErasureService } from './erasure/erasure-service.ts';
import { openLogService } from './log/log-service.ts';
import { openTogether } from './open-together.ts';
import type { NodeService, OpenService, ServiceParts } from './open-together.ts';

/** Parts whose actors live below `/platform/audit`, in the order of opening. */
const AUDIT_PARTS: readonly OpenService[] = [
  openLogService,
  openAuditEvents,
  openArchiveService,
  openErasureService,
  openAnchorService,
];

/** Opens the parts, or none; without actors there is no supervisor. @throws what a part throws */
export async function openAuditService(parts: ServiceParts): Promise<NodeService> {
  const { children, backends, close } = await openTogether(AUDIT_PARTS, parts);
  if (children.length === 0) return { children, backends, close };
  const audit = {
    id: 'audit',
    start: (parent: Parameters<typeof spawnSupervisor>[0]) => spawnSupervisor(parent, 'audit', { children }),
  };
  return { children: [audit], backends, close };
}
