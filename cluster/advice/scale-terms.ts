/** When load is too much, and how slowly advice changes. */
import type { ScaleTrigger } from '../../contracts/messages/cluster/load.ts';

/** Terms of advice; times in ms. */
export interface ScaleTerms {
  /** Value from which on a trigger fires. */
  readonly thresholds: Readonly<Record<ScaleTrigger, number>>;
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Over which load counts when there is too much of it. */
  readonly windowMs: number;
  /** Over which it must have been low before fewer nodes are advised. */
  readonly quietMs: number;
  /** How far ahead a trend is looked. */
  readonly horizonMs: number;
  /** Time after advice to add nodes before the number is changed again: they have to come and take shards. */
  readonly outPauseMs: number;
  readonly inPauseMs: number;
}

/** Share of its threshold below which a trigger that fired is over. */
export const RELIEF = 0.8;
/** Nodes at most after one step, by those there are. */
export const MAX_STEP = 2;

/** A trigger's meaning: how nodes' figures become one, and what helps. */
export const REMEDIES = {
  cpu: 'nodes',
  memory: 'nodes',
  mailbox: 'nodes',
  admission: 'nodes',
  credits: 'nodes',
  latency: 'nodes',
  'loop-lag': 'nodes',
  evaluation: 'nodes',
  'shard-imbalance': 'shards',
  'kv-writes': 'beat',
} as const satisfies Record<ScaleTrigger, 'nodes' | 'shards' | 'beat'>;
