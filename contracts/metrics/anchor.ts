/** Anchors of the log on chains (AUD-11). */
import type { MetricInfo } from './metric-info.ts';

const shared = {
  type: 'gauge',
  unit: 'count',
  labels: { chain: 'open' },
  producer: 'anchor',
  onlyWhenFed: true,
} as const;

/** Anchors of the log on chains. */
export const ANCHOR_METRICS = {
  anchor_pending_entries: {
    ...shared,
    name: 'witan_anchor_pending_entries',
    help: 'Entries of the log that no root in a block covers yet.',
  },
  anchor_pending_roots: {
    ...shared,
    name: 'witan_anchor_pending_roots',
    help: 'Roots that wait for a transaction or for a block.',
  },
  anchor_size: {
    ...shared,
    name: 'witan_anchor_size_entries',
    help: 'Entries under the newest root that the chain took.',
  },
  anchor_cost_today: {
    ...shared,
    name: 'witan_anchor_cost_today_gwei',
    help: 'Spent and promised since midnight UTC, in gwei.',
  },
  anchor_breaker: {
    ...shared,
    name: 'witan_anchor_breaker',
    help: 'Circuit breaker of the chain: 0 closed, 1 half-open, 2 open.',
  },
  anchor_held: {
    ...shared,
    name: 'witan_anchor_held',
    help: '1: something keeps the anchor from sending: budget, fee, a pause, another chain, a fork.',
  },
} as const satisfies Record<string, MetricInfo>;
