/** What doors ask of a node's cluster. */
import type {
  ClusterDrainView,
  ClusterShardsView,
  ClusterView,
} from '../../contracts/messages/door/cluster.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** The cluster as this node sees it. @throws permission_denied */
export interface ClusterBackend {
  status(principal: Principal): Promise<ClusterView>;
  shards(principal: Principal): Promise<ClusterShardsView>;
  /**
   * Hands over what this node owns; resolves when it decides nothing any more. It stays a member until it
   * stops.
   */
  drain(principal: Principal): Promise<ClusterDrainView>;
}
