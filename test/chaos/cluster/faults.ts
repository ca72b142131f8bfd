/** Faults of a running cluster, and the seeded plan of which comes when. */
import type { Random } from '../../../runtime/kernel/clock.ts';
import { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import { STATE_STREAM } from './chaos-cluster.ts';
import type { NodeProcess } from './node-process.ts';

/** Kinds of faults, in the order of the report. */
export const FAULT_KINDS = {
  kill: 'a node is killed (SIGKILL), and started again later',
  'stop-short': 'a node is stopped (SIGSTOP) for less than its lease',
  'stop-long': 'a node is stopped for longer than its lease',
  cut: 'connections of a node break, and no new ones are taken',
  stall: 'connections of a node stay, and nothing gets through',
  'one-way': 'connections of a node let nothing through in one direction',
  'lost-reply': 'a node is heard, and what it is answered is lost',
  'nats-leader': 'the NATS server that leads members and claims is killed, and replaced later',
  clock: 'clocks of a node run 5 % fast or slow, its wall clock jumps, then it is cut off',
  disk: 'the writer of the record is killed and its disk removed',
  retry: 'clients ask two nodes at once, or lose patience and ask another',
} as const;
/** See {@link FAULT_KINDS}. */
export type FaultKind = keyof typeof FAULT_KINDS;

/** One fault of the plan. */
export interface PlannedFault {
  readonly kind: FaultKind;
  /** Index of the node, where the kind does not say whose turn it is. */
  readonly node: number;
  readonly durationMs: number;
  /** In [0, 1): which of the forms of this kind. */
  readonly variant: number;
}

/** A fault that has been caused. */
export interface ActiveFault {
  /** Node or server that it hit. */
  readonly target: string;
  /** Undoes it; resolves when what was ended is ready again. */
  heal(): Promise<void>;
}

/** Shortest and longest time of a fault, ms. */
const DURATION_MS: Record<FaultKind, readonly [number, number]> = {
  // Longer than a crash may be felt: a start takes processors from those who serve.
  kill: [4_000, 8_000],
  'stop-short': [200, 1_300],
  'stop-long': [3_000, 7_000],
  cut: [1_000, 6_000],
  stall: [1_000, 6_000],
  'one-way': [1_000, 6_000],
  'lost-reply': [200, 900],
  'nats-leader': [2_000, 8_000],
  clock: [4_000, 7_000],
  disk: [4_000, 7_000],
  retry: [2_000, 3_000],
};

/** Plan of a run: the same for the same seed; every kind comes once before one comes again. */
export function planFaults(options: {
  readonly seed: number;
  readonly rounds: number;
  readonly nodeCount: number;
  readonly only?: FaultKind | undefined;
  /** Each fault as short as its kind may be. */
  readonly isShort?: boolean;
}): readonly PlannedFault[] {
  const { seed, rounds, nodeCount, only, isShort = false } = options;
  const random = new SeededRandom(seed);
  const plan: PlannedFault[] = [];
  let deck: FaultKind[] = [];
  while (plan.length < rounds) {
    if (deck.length === 0) deck = shuffled(only ? [only] : (Object.keys(FAULT_KINDS) as FaultKind[]), random);
    const kind = deck.pop()!;
    const [least, most] = DURATION_MS[kind];
    const node = Math.floor(random.next() * nodeCount);
    const durationMs = Math.round(least + random.next() * (isShort ? 0 : most - least));
    plan.push({ kind, node, durationMs, variant: random.next() });
  }
  return plan;
}

/** The node that a fault hits; undefined: it hits none. */
export async function victimOf(cluster: ChaosCluster, fault: PlannedFault): Promise<NodeProcess | undefined> {
  if (fault.kind === 'nats-leader' || fault.kind === 'retry') return undefined;
  // An acknowledgement gets lost on its way to the writer, or the writer's to who appends.
  const isWriter = fault.kind === 'disk' || (fault.kind === 'lost-reply' && fault.variant < 0.5);
  if (!isWriter) return cluster.nodes[fault.node]!;
  const { log } = await Promise.any(cluster.nodes.map((node) => cluster.view(node)));
  return cluster.node(log!.writer);
}

/** Causes a fault now. */
export async function cause(
  cluster: ChaosCluster,
  { kind, variant, durationMs }: PlannedFault,
  victim: NodeProcess | undefined,
): Promise<ActiveFault> {
  if (kind === 'retry') return { target: 'clients', heal: () => Promise.resolve() };
  if (kind === 'nats-leader') return leaderKilled(cluster);
  const node = victim!;
  const proxies = node.proxies;
  const healed = (): Promise<void> => {
    for (const proxy of proxies) proxy.heal();
    return Promise.resolve();
  };
  const target = node.name;
  switch (kind) {
    case 'kill':
    case 'disk':
      await node.kill();
      if (kind === 'disk') node.loseDisk();
      return { target, heal: () => node.start() };
    case 'stop-short':
    case 'stop-long':
      node.freeze();
      return { target, heal: () => Promise.resolve(node.thaw()) };
    case 'cut':
      for (const proxy of proxies) proxy.cut();
      return { target, heal: healed };
    case 'stall':
      for (const proxy of proxies) proxy.stall();
      return { target, heal: healed };
    case 'one-way': {
      const direction = variant < 0.5 ? 'up' : 'down';
      for (const proxy of proxies) proxy.stall(direction);
      return { target: `${target} ${direction}`, heal: healed };
    }
    case 'lost-reply':
      for (const proxy of proxies) proxy.stall('down');
      return {
        target,
        async heal() {
          // What was held back is never delivered.
          for (const proxy of proxies) proxy.reset();
          await healed();
        },
      };
    case 'clock':
      return clockSkewed(node, { variant, durationMs });
  }
}

/** The clock is off for a while; then the node is cut off with it, and must stop by its own clock in time. */
function clockSkewed(node: NodeProcess, parts: { variant: number; durationMs: number }): ActiveFault {
  const { variant, durationMs } = parts;
  const rate = variant < 0.5 ? 0.95 : 1.05;
  const wallMs = Math.round((variant - 0.5) * 1_200_000);
  node.skew({ rate, wallMs });
  const timer = setTimeout(() => node.proxies.forEach((proxy) => proxy.stall()), durationMs / 4);
  return {
    target: `${node.name} ×${rate}`,
    heal() {
      clearTimeout(timer);
      for (const proxy of node.proxies) proxy.heal();
      node.skew({ rate: 1, wallMs: 0 });
      return Promise.resolve();
    },
  };
}

async function leaderKilled({ nats }: ChaosCluster): Promise<ActiveFault> {
  const index = await nats.leaderOf(STATE_STREAM);
  await nats.kill(index);
  // nats-server 2.9 comes back from SIGKILL with other sequences than its peers (docs/cluster-security.md).
  return { target: `n${index}`, heal: () => nats.replace(index) };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  for (let at = left.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random.next() * (at + 1));
    [left[at], left[other]] = [left[other]!, left[at]!];
  }
  return left;
}
