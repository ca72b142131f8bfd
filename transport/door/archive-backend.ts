/** What doors ask of long-term storage and backups. */
import type {
  ArchiveRunRequest,
  ArchiveRunView,
  ArchiveStatusView,
} from '../../contracts/messages/door/archive.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** Long-term storage of this node. @throws permission_denied */
export interface ArchiveBackend {
  status(principal: Principal): Promise<ArchiveStatusView>;
  /**
   * Runs a job now; resolves when it is done and confirmed.
   * @throws not_supported for a job that this node has not, and what the store throws
   */
  run(request: ArchiveRunRequest, principal: Principal): Promise<ArchiveRunView>;
}
