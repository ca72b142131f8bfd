/** Who owns which shard, as placement would decide it: claims with generations, and nodes that learn late. */
import type { EntityHooks, ShardClaimed } from '../../../cluster/entities/entities.ts';
import type { ShardDirectory, ShardOwner } from '../../../cluster/entities/shard-directory.ts';

/** Owners of one kind's shards; every node has a view of its own, which can be held back. */
export class Owners {
  readonly shardCount: number;
  private generation = 100;
  private readonly facts = new Map<number, ShardOwner>();
  private readonly views = new Map<string, View>();

  constructor(shardCount = 4) {
    this.shardCount = shardCount;
  }

  view(node: string): View {
    const view = new View(this.shardCount, this.facts);
    this.views.set(node, view);
    return view;
  }

  /** The claim of a shard for its next owner; the fence is held until it is cut. */
  claim(): ShardClaimed & { cut(): void } {
    const generation = (this.generation += 1);
    let isHeld = true;
    return { generation, fence: { generation, isHeld: () => isHeld }, cut: () => (isHeld = false) };
  }

  /** Gives a shard to a node that was free. */
  async give(
    shard: number,
    to: { readonly name: string; readonly hooks: EntityHooks },
  ): Promise<ShardClaimed> {
    const claim = this.claim();
    await to.hooks.taken(shard, claim);
    this.set(shard, { node: to.name, generation: claim.generation });
    return claim;
  }

  /** Changes a fact; views that are not held back show it at once. */
  set(shard: number, owner: ShardOwner | undefined): void {
    if (owner === undefined) this.facts.delete(shard);
    else this.facts.set(shard, owner);
    for (const view of this.views.values()) view.changed([shard]);
  }
}

/** What one node sees. */
export class View implements ShardDirectory {
  readonly shardCount: number;
  private readonly facts: ReadonlyMap<number, ShardOwner>;
  private frozen: Map<number, ShardOwner> | undefined;
  private readonly listeners = new Set<(shards: readonly number[]) => void>();

  constructor(shardCount: number, facts: ReadonlyMap<number, ShardOwner>) {
    this.shardCount = shardCount;
    this.facts = facts;
  }

  owner(shard: number): ShardOwner | undefined {
    return (this.frozen ?? this.facts).get(shard);
  }

  onChange(listener: (shards: readonly number[]) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** From now on this node hears of no change. */
  freeze(): void {
    this.frozen = new Map(this.facts);
  }

  /** It hears of all that it missed. */
  thaw(): void {
    this.frozen = undefined;
    this.changed(Array.from({ length: this.shardCount }, (_, shard) => shard));
  }

  changed(shards: readonly number[]): void {
    if (this.frozen === undefined) for (const listener of this.listeners) listener(shards);
  }
}
