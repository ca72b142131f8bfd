/** From a seed to what a cluster goes through: its nodes, and the faults with their times. */
import { between, chanceOf, pick } from '../../scenario/chance.ts';

/** Kinds of faults. */
export const CLUSTER_FAULTS = [
  'process-killed',
  'power-cut',
  'disk-lost',
  'process-stopped',
  'store-cut',
  'store-deaf',
  'store-mute',
  'broker-cut',
  'broker-mute',
  'broker-deaf',
  'partition',
  'half-partition',
  'bad-links',
  'rough-store',
  'servers-away',
  'wall-step',
  'node-leaves',
  'node-joins',
  'main-loop-hangs',
] as const;

/** See {@link CLUSTER_FAULTS}. */
export type ClusterFault = (typeof CLUSTER_FAULTS)[number];

/** One fault. */
export interface PlannedClusterFault {
  readonly kind: ClusterFault;
  readonly atMs: number;
  readonly forMs: number;
  /** Which node, modulo their number, and what else has to be chosen. */
  readonly choice: number;
}

/** What a cluster goes through. */
export interface ClusterScenario {
  readonly seed: number;
  /** Nodes with a copy of the log, which decide. */
  readonly deciders: readonly string[];
  /** A node that owns entities and has no copy; absent: it may join later. */
  readonly hasWorker: boolean;
  readonly faults: readonly PlannedClusterFault[];
  /** A node whose clock runs at half the time of the others, far beyond what leases are made for. */
  readonly slowClock: string | undefined;
  /** From here on nothing goes wrong. */
  readonly faultsEndMs: number;
}

const FAULTS_END_MS = 7_000;
/** Faults of which most seeds should have one. */
const GRAVE: readonly ClusterFault[] = [
  'process-stopped',
  'power-cut',
  'store-cut',
  'servers-away',
  'half-partition',
  'node-leaves',
  'disk-lost',
  'rough-store',
  'bad-links',
];
/** Those in which no node has anything but the servers to complain of. */
const OUTAGES: readonly ClusterFault[] = ['servers-away', 'wall-step'];

/** Scenario of a seed. */
export function planCluster(seed: number): ClusterScenario {
  const chance = chanceOf(seed, 'cluster');
  const isOutageOnly = chance.next() < 0.1;
  if (!isOutageOnly && chance.next() < 0.06) return planSlowClock(seed);
  const count = isOutageOnly ? 2 : between(chance, 3, 8);
  const faults = Array.from({ length: count }, (): PlannedClusterFault => {
    const kind = isOutageOnly
      ? pick(chance, OUTAGES)
      : pick(chance, chance.next() < 0.6 ? GRAVE : CLUSTER_FAULTS);
    return {
      kind,
      atMs: between(chance, 0, 6_000),
      forMs: pick(chance, [150, 600, 1_500, 2_500, 3_500]),
      choice: chance.uint32(),
    };
  });
  return {
    seed,
    deciders: ['a', 'b', 'c'],
    hasWorker: chance.next() < 0.5,
    faults: faults.sort((left, right) => left.atMs - right.atMs),
    slowClock: undefined,
    faultsEndMs: FAULTS_END_MS,
  };
}

/** Renewals of a node whose clock is far off do not arrive; it only hears that others have what was its. */
function planSlowClock(seed: number): ClusterScenario {
  const chance = chanceOf(seed, 'slow-clock');
  const mute = { kind: 'store-mute', atMs: between(chance, 200, 1_500), forMs: 4_500, choice: 1 } as const;
  return {
    seed,
    deciders: ['a', 'b', 'c'],
    hasWorker: chance.next() < 0.5,
    faults: [mute],
    slowClock: 'b',
    faultsEndMs: FAULTS_END_MS,
  };
}
