/** What entities need to know of who owns which shard; placement provides it. */
import { shardClaim } from '../../contracts/cluster-names.ts';
import type { Claims } from '../claims/claims.ts';
import type { Members } from '../membership/members.ts';

/** Owner of a shard as this node sees it; what it sees may be old. */
export interface ShardOwner {
  readonly node: string;
  readonly generation: number;
}

/** Owners of the shards of one kind. */
export interface ShardDirectory {
  readonly shardCount: number;
  /** Undefined: nobody, as far as is known here. */
  owner(shard: number): ShardOwner | undefined;
  /** Called with the shards whose owner may have changed. */
  onChange(listener: (shards: readonly number[]) => void): () => void;
}

/** Directory over the claims of a kind's shards. */
export function claimDirectory(made: {
  readonly kind: string;
  readonly shardCount: number;
  readonly claims: Claims;
  readonly members: Members;
}): ShardDirectory {
  const { kind, shardCount, claims, members } = made;
  const prefix = shardClaim(kind, 0).slice(0, -1);
  const everything = Array.from({ length: shardCount }, (_, shard) => shard);
  return {
    shardCount,
    owner: (shard) => {
      const claim = claims.get(shardClaim(kind, shard));
      const holder = claim?.holder;
      if (claim === undefined || holder === undefined) return undefined;
      if (!members.isLiving(holder.node, holder.incarnation)) return undefined;
      return { node: holder.node, generation: claim.generation };
    },
    onChange: (listener) => {
      const stops = [
        claims.onChange((names) => {
          const shards = names
            .filter((name) => name.startsWith(prefix))
            .map((name) => Number(name.slice(prefix.length)));
          if (shards.length > 0) listener(shards);
        }),
        members.onChange(() => listener(everything)),
      ];
      return () => stops.forEach((stop) => stop());
    },
  };
}
