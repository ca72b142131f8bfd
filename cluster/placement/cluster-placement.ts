/** {@link PlacementPort} over the claims of shards: an entity is where its shard is. */
import { shardClaim } from '../../contracts/cluster-names.ts';
import { WitanError } from '../../contracts/errors.ts';
import type { Fence } from '../../runtime/kernel/actor.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { Placement, PlacementPort } from '../../runtime/kernel/ports/cluster/placement.ts';
import type { Claims } from '../claims/claims.ts';
import type { Members } from '../membership/members.ts';
import { shardOf } from './rendezvous.ts';
import type { ShardKeeper } from './shard-keeper.ts';

/** How the shards of one kind are reached from this node. */
export interface PlacedKind {
  readonly kind: string;
  readonly shardCount: number;
  /** Absent: this node never owns such shards, and only finds those who do. */
  readonly keeper?: ShardKeeper;
  /** Entities of a shard that are active here, for {@link PlacementPort.onLost}. */
  readonly activeIn?: (shard: number) => readonly string[];
}

/** Settings of {@link clusterPlacement}. */
export interface ClusterPlacementOptions {
  readonly kinds: readonly PlacedKind[];
  readonly claims: Claims;
  readonly members: Members;
  readonly clock: Clock;
  /** Longest wait for an owner, ms (default 5,000). */
  readonly locateMs?: number;
  /** Calls to `locate` that may wait for an owner at once (default 10,000); one more is refused. */
  readonly waitMaxCount?: number;
}

const DEFAULT_LOCATE_MS = 5_000;
const DEFAULT_WAIT_MAX = 10_000;

/** Finds the owners of entities. A fence of another node's shard says only what is known of it here. */
export function clusterPlacement(options: ClusterPlacementOptions): PlacementPort {
  const kinds = new Map(options.kinds.map((placed) => [placed.kind, placed]));
  let waitCount = 0;
  const placedKind = (kind: string): PlacedKind => {
    const placed = kinds.get(kind);
    if (placed === undefined) throw new WitanError('not_supported', `no shards of kind ${kind}`, { kind });
    return placed;
  };
  return {
    async locate(kind, entityId) {
      const placed = placedKind(kind);
      const shard = shardOf(kind, entityId, placed.shardCount);
      const place = lookUp(options, placed, shard);
      if (place !== undefined) return place;
      if (waitCount >= (options.waitMaxCount ?? DEFAULT_WAIT_MAX)) {
        throw new WitanError('overloaded', 'too many wait for the owner of a shard', { kind, shard });
      }
      waitCount += 1;
      try {
        return await waitForOwner(options, placed, shard);
      } finally {
        waitCount -= 1;
      }
    },
    onLost(kind, handler) {
      const { keeper, activeIn } = placedKind(kind);
      return (
        keeper?.onChange((shard) => {
          if (keeper.owned(shard) !== undefined) return;
          const entityIds = activeIn?.(shard) ?? [];
          if (entityIds.length > 0) handler(entityIds);
        }) ?? (() => {})
      );
    },
  };
}

/** Owner of a shard as known here; undefined: nobody can act for it now. */
function lookUp(
  { claims, members }: ClusterPlacementOptions,
  { kind, keeper }: PlacedKind,
  shard: number,
): Placement | undefined {
  const own = keeper?.owned(shard);
  if (own !== undefined) {
    return own.fence.isHeld() ? { node: members.self.node, local: true, fence: own.fence } : undefined;
  }
  const name = shardClaim(kind, shard);
  const claim = claims.get(name);
  const holder = claim?.holder;
  if (claim === undefined || holder === undefined) return undefined;
  const isSelf = holder.node === members.self.node && holder.incarnation === members.self.incarnation;
  // On its way in or out of this node: whoever asks waits until it is somewhere.
  if (isSelf || !members.isLiving(holder.node, holder.incarnation)) return undefined;
  const fence: Fence = {
    generation: claim.generation,
    isHeld: () =>
      claims.get(name)?.generation === claim.generation && members.isLiving(holder.node, holder.incarnation),
  };
  return { node: holder.node, local: false, fence };
}

function waitForOwner(
  options: ClusterPlacementOptions,
  placed: PlacedKind,
  shard: number,
): Promise<Placement> {
  const { claims, members, clock, locateMs = DEFAULT_LOCATE_MS } = options;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const place = lookUp(options, placed, shard);
      if (place === undefined) return;
      end();
      resolve(place);
    };
    const stops = [
      claims.onChange(look),
      members.onChange(look),
      placed.keeper?.onChange((changed) => void (changed === shard && look())),
    ];
    const timer = clock.setTimer(locateMs, () => {
      end();
      const details = { kind: placed.kind, shard };
      reject(new WitanError('unavailable', `nobody owns shard ${shard} of ${placed.kind}`, details));
    });
    const end = (): void => {
      timer.cancel();
      for (const stop of stops) stop?.();
    };
  });
}
