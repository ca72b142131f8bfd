/** Which shards move when members come and go: the wishes of the real placement, before and after. */
import { shardClaim } from '../../../contracts/cluster-names.ts';
import { winners } from '../../../cluster/placement/rendezvous.ts';
import type { RendezvousNode } from '../../../cluster/placement/rendezvous.ts';

/** How shards lie on nodes. */
export interface ShardSpread {
  /** Shards of the fullest node over the mean. */
  readonly fullest: number;
  readonly idleNodes: number;
  /** Shards that move when one more node comes, and when one of them goes. */
  readonly movedByJoin: number;
  readonly movedByLeave: number;
}

/** Names of nodes as a cluster would have them. */
export function nodeNames(count: number): RendezvousNode[] {
  return Array.from({ length: count }, (_, index) => ({ node: `node-${index + 1}` }));
}

/** Owners of all shards of decisions among `nodes`. O(shards × nodes). */
export function ownersOf(
  shardCount: number,
  nodes: readonly RendezvousNode[],
): readonly (string | undefined)[] {
  return winners(
    Array.from({ length: shardCount }, (_, shard) => shardClaim('decision', shard)),
    nodes,
  );
}

/** Spread of `shardCount` shards over `nodeCount` nodes; the node that goes is the fullest. */
export function shardSpread(shardCount: number, nodeCount: number): ShardSpread {
  const nodes = nodeNames(nodeCount);
  const before = ownersOf(shardCount, nodes);
  const owned = new Map<string, number>();
  for (const node of before) owned.set(node!, (owned.get(node!) ?? 0) + 1);
  const [fullest, most] = [...owned].reduce((left, right) => (right[1] > left[1] ? right : left));
  const joined = ownersOf(shardCount, [...nodes, { node: 'node-new' }]);
  const left =
    nodeCount === 1
      ? before
      : ownersOf(
          shardCount,
          nodes.filter(({ node }) => node !== fullest),
        );
  return {
    fullest: most / (shardCount / nodeCount),
    idleNodes: nodeCount - owned.size,
    movedByJoin: differences(before, joined),
    movedByLeave: nodeCount === 1 ? 0 : differences(before, left),
  };
}

function differences(left: readonly unknown[], right: readonly unknown[]): number {
  return left.filter((one, at) => one !== right[at]).length;
}
