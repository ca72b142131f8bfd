/** Wish against fact: what this node takes, what it hands over, what it leaves alone. Pure. */
import type { ClaimHolder } from '../../contracts/messages/cluster/claim.ts';

/** A shard as its claim says. */
export interface ShardFact {
  /** Undefined: free, also when the holder's run is over. */
  readonly holder: ClaimHolder | undefined;
  /** Whether the holder's run lives as far as is known; false for a free one. */
  readonly isHolderLiving: boolean;
  /** What this node does with it now; undefined: nothing. */
  readonly here: 'taking' | 'owned' | 'handing-over' | undefined;
}

/** What a plan is made from; all arrays by shard. */
export interface ShardView {
  readonly self: ClaimHolder;
  readonly facts: readonly ShardFact[];
  /** First choice among eligible members that are not silent: who takes what is free. */
  readonly freeWish: readonly (string | undefined)[];
  /**
   * First choice among eligible members that have been up long enough, this node included as long as it is
   * eligible: who gets what this node owns.
   */
  readonly settledWish: readonly (string | undefined)[];
  /** Whether a node takes what it is handed now; a silent one does not, and is not passed over either. */
  readonly isWell: (node: string) => boolean;
  /** This node leaves, or may not own these shards any more: all go, whether somebody wants them or not. */
  readonly isLeaving: boolean;
}

/** Most of each kind that may be under way at once. */
export interface ShardLimits {
  readonly takes: number;
  readonly handOvers: number;
}

/** Shards to begin with now. */
export interface ShardSteps {
  readonly take: readonly number[];
  readonly handOver: readonly number[];
}

/**
 * What to begin now. A shard that another living run owns is left alone, whoever is wished for: its owner
 * moves it. One that this node should not have is handed over only while the wished node is well.
 */
export function planShards(view: ShardView, limits: ShardLimits): ShardSteps {
  const { facts } = view;
  let takes = limits.takes - facts.filter(({ here }) => here === 'taking').length;
  let handOvers = limits.handOvers - facts.filter(({ here }) => here === 'handing-over').length;
  const take: number[] = [];
  const handOver: number[] = [];
  facts.forEach((fact, shard) => {
    if (fact.here === 'owned') {
      if (handOvers <= 0 || !mustGo(view, shard)) return;
      handOvers -= 1;
      handOver.push(shard);
    } else if (fact.here === undefined && takes > 0 && mayTake(view, shard)) {
      takes -= 1;
      take.push(shard);
    }
  });
  return { take, handOver };
}

function mustGo(view: ShardView, shard: number): boolean {
  if (view.isLeaving) return true;
  const wished = view.settledWish[shard];
  return wished !== undefined && wished !== view.self.node && view.isWell(wished);
}

function mayTake(view: ShardView, shard: number): boolean {
  const { holder, isHolderLiving } = view.facts[shard]!;
  // Recorded as this run's, and not had here: a take whose answer was lost. Only this run can clear that up.
  if (holder?.node === view.self.node && holder.incarnation === view.self.incarnation) return true;
  return !view.isLeaving && !isHolderLiving && view.freeWish[shard] === view.self.node;
}
