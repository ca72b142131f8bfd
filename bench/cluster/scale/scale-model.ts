/** What a cluster of any size asks of its NATS servers and of each node, from measured costs. Pure. */

/** A cluster that is thought of. */
export interface ClusterSize {
  readonly nodes: number;
  readonly beatMs: number;
  readonly shardCount: number;
  /** Members whose renewals each node is told of; `all`: as it is built. */
  readonly watched: 'all' | number;
}

/** Processor time of one event, µs. */
export interface EventCosts {
  /** Server: one compare-and-set that is taken. */
  readonly writeUs: number;
  /** Server: one change given to one watcher. */
  readonly deliverUs: number;
  /** Node: one change taken in, its main loop. */
  readonly takeInUs: number;
}

/** What a cluster in which nothing happens does, a second. */
export interface IdleTraffic {
  /** Renewals, which are all of the writes. */
  readonly writesPerS: number;
  readonly deliveriesPerS: number;
  /** Changes that one node is told of. */
  readonly changesPerNodePerS: number;
  /** Cores that the servers spend on it. */
  readonly serverCores: number;
  /** Share of each node's main loop. */
  readonly loopShare: number;
}

/** Each node renews once a beat, and whoever watches is told of each renewal. */
export function idleTraffic({ nodes, beatMs, watched }: ClusterSize, costs: EventCosts): IdleTraffic {
  const writesPerS = (nodes * 1_000) / beatMs;
  const seen = watched === 'all' ? nodes : Math.min(watched, nodes);
  const changesPerNodePerS = (seen * 1_000) / beatMs;
  const deliveriesPerS = changesPerNodePerS * nodes;
  return {
    ...{ writesPerS, deliveriesPerS, changesPerNodePerS },
    serverCores: (writesPerS * costs.writeUs + deliveriesPerS * costs.deliverUs) / 1e6,
    loopShare: (changesPerNodePerS * costs.takeInUs) / 1e6,
  };
}

/** What may be spent on being a cluster. */
export interface Budget {
  readonly serverCores: number;
  readonly loopShare: number;
}

/** Nodes up to which a cluster at rest stays inside both bounds; 0 when not even one does. */
export function mostNodes(size: Omit<ClusterSize, 'nodes'>, costs: EventCosts, budget: Budget): number {
  const fits = (nodes: number): boolean => {
    const { serverCores, loopShare } = idleTraffic({ ...size, nodes }, costs);
    return serverCores <= budget.serverCores && loopShare <= budget.loopShare;
  };
  let low = 0;
  let high = 1;
  while (high < 2 ** 24 && fits(high)) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Writes and deliveries of one change of the members. */
export interface ChangeTraffic {
  readonly writes: number;
  readonly deliveries: number;
}

/**
 * A node comes: its key is made and becomes `up`, and each shard that moves is released and taken. All
 * are told of all of it.
 */
export function joinTraffic(nodes: number, movedShards: number): ChangeTraffic {
  const writes = 2 + 2 * movedShards;
  return { writes, deliveries: writes * nodes };
}

/** A node dies: up to three declare it gone (one write counts), and each of its shards is taken. */
export function crashTraffic(nodes: number, ownedShards: number): ChangeTraffic {
  const told = 1 + ownedShards;
  return { writes: told + 2, deliveries: told * nodes };
}

/** All nodes start at once: what they write, and what each reads of members and claims at its first watch. */
export function coldStart({
  nodes,
  shardCount,
}: ClusterSize): ChangeTraffic & { readonly readEntries: number } {
  const writes = 2 * nodes + shardCount;
  return { writes, deliveries: writes * nodes, readEntries: nodes * (nodes + shardCount) };
}
