/** Placement of a node that is alone: every entity is here. */
import type { Fence } from '../kernel/actor.ts';
import type { Placement, PlacementPort } from '../kernel/ports/cluster/placement.ts';

// One node never hands an entity over, so its first generation is its only one.
const HELD_FENCE: Fence = { generation: 1, isHeld: () => true };

/** Owns everything on `node`, for ever. */
export function localPlacement(node: string): PlacementPort {
  const placement: Placement = { node, local: true, fence: HELD_FENCE };
  return {
    locate: async () => placement,
    onLost: () => () => {},
  };
}
