/** One look at the load of a whole cluster, and what a row of looks says. */
import type { LoadFigures, ScaleTrigger } from '../../contracts/messages/cluster/load.ts';

/** Figures of the nodes that decide, at one time. */
export interface LoadSample {
  /** Monotonic. */
  readonly atMs: number;
  readonly nodes: readonly LoadFigures[];
  /** Shards of decisions that each of them owns. */
  readonly shardCounts: readonly number[];
}

const FIGURES = {
  cpu: 'cpuShare',
  memory: 'memoryShare',
  mailbox: 'mailboxDepth',
  admission: 'admissionWaiting',
  credits: 'creditShare',
  latency: 'latencyP95Ms',
  'loop-lag': 'loopLagMs',
  evaluation: 'evaluationWaiting',
} as const satisfies Partial<Record<ScaleTrigger, keyof LoadFigures>>;

/** Value of a trigger: the mean over nodes; the fullest by the mean for shards; the sum for writes. */
export function valueOf(trigger: ScaleTrigger, { nodes, shardCounts }: LoadSample): number {
  if (trigger === 'kv-writes') return nodes.reduce((sum, { kvWritesPerS }) => sum + kvWritesPerS, 0);
  if (trigger === 'shard-imbalance') {
    const mean = meanOf(shardCounts);
    return mean === 0 ? 0 : Math.max(...shardCounts) / mean;
  }
  return meanOf(nodes.map((node) => node[FIGURES[trigger]]));
}

/** Mean over samples, and where their straight line leads `horizonMs` after the last of them. */
export function trendOf(
  trigger: ScaleTrigger,
  samples: readonly LoadSample[],
  horizonMs: number,
): { readonly mean: number; readonly expected: number } {
  const values = samples.map((sample) => valueOf(trigger, sample));
  const mean = meanOf(values);
  const times = samples.map(({ atMs }) => atMs);
  const middle = meanOf(times);
  const spread = times.reduce((sum, at) => sum + (at - middle) ** 2, 0);
  if (spread === 0) return { mean, expected: mean };
  const slope = times.reduce((sum, at, n) => sum + (at - middle) * (values[n]! - mean), 0) / spread;
  const ahead = mean + slope * (times.at(-1)! + horizonMs - middle);
  // A line through a minute says little of what comes: it at most doubles what was seen, and never comforts.
  return { mean, expected: Math.min(2 * mean, Math.max(mean, ahead)) };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
