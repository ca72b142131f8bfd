/** How loaded a node is, as it tells the others, and what is advised because of it. */
import { z } from 'zod';
import { Incarnation, NodeName } from './member.ts';

const share = z.number().min(0);

/** Figures of one node over its last interval; told on the topic `load`. A node ignores what it does not know. */
export const LoadFigures = z.object({
  format: z.literal('witan-load/1'),
  node: NodeName,
  incarnation: Incarnation,
  /** Of all its cores, 0 to 1. */
  cpuShare: share,
  /** Of the memory that it may use, 0 to 1. */
  memoryShare: share,
  /** Of its main loop, worst, ms. */
  loopLagMs: share,
  /** Deepest mailbox. */
  mailboxDepth: share,
  /** Submissions that wait for a credit. */
  admissionWaiting: share,
  /** Open decisions by credits. */
  creditShare: share,
  /** Inputs that wait for a thread of evaluators. */
  evaluationWaiting: share,
  /** Of decisions that ended, ms; 0 where none did. */
  latencyP95Ms: share,
  /** Its writes to the cluster's key-value store a second, heartbeat included. */
  kvWritesPerS: share,
});
/** See {@link LoadFigures}. */
export type LoadFigures = z.infer<typeof LoadFigures>;

/** Reasons to change something. */
export const SCALE_TRIGGERS = [
  'cpu',
  'memory',
  'mailbox',
  'admission',
  'credits',
  'latency',
  'loop-lag',
  'evaluation',
  'shard-imbalance',
  'kv-writes',
] as const;
/** See {@link SCALE_TRIGGERS}. */
export type ScaleTrigger = (typeof SCALE_TRIGGERS)[number];

/** What helps: `nodes`, more of them; `shards`, more shards or other capacities; `beat`, a longer `cluster.beatMs`. */
export const SCALE_REMEDIES = ['nodes', 'shards', 'beat'] as const;

/** How one trigger stands. */
export const ScaleTriggerView = z.strictObject({
  name: z.enum(SCALE_TRIGGERS),
  /** Over the window. */
  value: z.number(),
  /** Where its trend leads. */
  expected: z.number(),
  threshold: z.number(),
  isFiring: z.boolean(),
  remedy: z.enum(SCALE_REMEDIES),
});
/** See {@link ScaleTriggerView}. */
export type ScaleTriggerView = z.infer<typeof ScaleTriggerView>;

/** What is advised. */
export const SCALE_ACTIONS = ['scale-out', 'scale-in', 'hold'] as const;

/** Advice on the number of nodes that decide; nobody acts on it by themselves. */
export const ScaleAdvice = z.strictObject({
  action: z.enum(SCALE_ACTIONS),
  /** Nodes that decide, and how many there should be. */
  nodes: z.int().min(0),
  wanted: z.int().min(0),
  /** False: too little was seen to say anything. */
  isKnown: z.boolean(),
  triggers: z.array(ScaleTriggerView),
});
/** See {@link ScaleAdvice}. */
export type ScaleAdvice = z.infer<typeof ScaleAdvice>;
