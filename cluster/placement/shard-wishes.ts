/** Who is wished for where, computed anew only when the set of members changes. */
import { shardClaim } from '../../contracts/cluster-names.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { Member, Members } from '../membership/members.ts';
import { capacityOf, eligibleMembers } from './eligibility.ts';
import type { Need } from './eligibility.ts';
import { winners } from './rendezvous.ts';
import type { RendezvousNode } from './rendezvous.ts';
import type { ShardView } from './shard-map.ts';

/** Settings of {@link ShardWishes}. */
export interface WishOptions {
  readonly kind: string;
  readonly shardCount: number;
  readonly members: Members;
  readonly clock: Clock;
  readonly need?: Need;
  readonly settleMs?: number;
}

const DEFAULT_SETTLE_MS = 1_000;

/** Wishes for the shards of one kind, as this node sees the members now. */
export class ShardWishes {
  readonly #options: WishOptions;
  readonly #keys: readonly string[];
  /** First sight of each run as eligible, own monotonic ms. */
  readonly #since = new Map<string, number>();
  readonly #cache = new Map<string, readonly (string | undefined)[]>();

  constructor(options: WishOptions) {
    this.#options = options;
    this.#keys = Array.from({ length: options.shardCount }, (_, shard) => shardClaim(options.kind, shard));
  }

  /** The wishes now. O(members), and O(shards × members) after a change. */
  look(): Pick<ShardView, 'freeWish' | 'settledWish' | 'isWell'> & { readonly isSelfEligible: boolean } {
    const { members, need, clock, settleMs = DEFAULT_SETTLE_MS } = this.#options;
    const eligible = eligibleMembers(members.list(), need);
    this.#note(eligible, clock.monotonicMs());
    const isSelf = ({ record }: Member): boolean =>
      record.node === members.self.node && record.incarnation === members.self.incarnation;
    const settledFromMs = clock.monotonicMs() - settleMs;
    const settled = eligible.filter(
      (member) => isSelf(member) || this.#since.get(runOf(member))! <= settledFromMs,
    );
    const silent = new Set(
      eligible.filter(({ condition }) => condition === 'silent').map(({ record }) => record.node),
    );
    return {
      freeWish: this.#winners(eligible.filter(({ record }) => !silent.has(record.node))),
      settledWish: this.#winners(settled),
      isWell: (node) => !silent.has(node),
      isSelfEligible: eligible.some(isSelf),
    };
  }

  #note(eligible: readonly Member[], nowMs: number): void {
    const runs = new Set(eligible.map(runOf));
    for (const run of this.#since.keys()) if (!runs.has(run)) this.#since.delete(run);
    for (const run of runs) if (!this.#since.has(run)) this.#since.set(run, nowMs);
  }

  #winners(members: readonly Member[]): readonly (string | undefined)[] {
    const nodes: RendezvousNode[] = members.map(({ record }) => ({
      node: record.node,
      weight: capacityOf(record),
    }));
    const signature = nodes.map(({ node, weight }) => `${node}*${weight}`).join(' ');
    let found = this.#cache.get(signature);
    if (found === undefined) {
      // Two sets are in use at a time; a few more make changes back and forth free.
      if (this.#cache.size >= 8) this.#cache.clear();
      found = winners(this.#keys, nodes);
      this.#cache.set(signature, found);
    }
    return found;
  }
}

function runOf({ record }: Member): string {
  return `${record.node}.${record.incarnation}`;
}
