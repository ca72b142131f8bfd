/** Settings of the advice on how many nodes there should be. */
import { z } from 'zod';

const durationMs = z.int().min(1_000).max(86_400_000);
const share = z.number().gt(0).max(1);
const depth = z.number().gt(0).max(1_000_000);

/** Section `scaling`. Advice is told, counted and exported; nothing acts on it by itself. */
export const scaling = z.strictObject({
  sampleMs: durationMs.default(5_000).describe('How often a node of a cluster tells the others of its load.'),
  cpuShare: share.default(0.7).describe('Processor use from which on more nodes are advised (SCA-02).'),
  memoryShare: share.default(0.8).describe('Use of memory from which on more nodes are advised (SCA-02).'),
  queueDepth: depth
    .default(100)
    .describe('Messages or submissions that wait at a node from which on more are advised (SCA-02, RUN-07).'),
  latencyP95Ms: depth
    .default(250)
    .describe('Time of the 95th of 100 decisions, ms, from which on more nodes are advised (SCA-02).'),
  loopLagMs: depth.default(250).describe('Lag of main loops, ms, from which on more nodes are advised.'),
  creditShare: share.default(0.9).describe('Open decisions by credits from which on more nodes are advised.'),
  shardImbalance: z
    .number()
    .gt(1)
    .max(1_000)
    .default(2)
    .describe('Shards of the fullest node by the mean from which on more shards are advised.'),
  kvWritesPerS: depth
    .default(8_000)
    .describe('Writes of all nodes to the key-value store a second from which on a longer beat is advised.'),
  minNodes: z
    .int()
    .min(1)
    .max(1_000)
    .default(2)
    .describe('Nodes that are never advised to be fewer (SCA-04).'),
  maxNodes: z
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe('Nodes that are never advised to be more (SCA-04).'),
  windowMs: durationMs.default(60_000).describe('Time over which load counts before more nodes are advised.'),
  quietMs: durationMs.default(600_000).describe('Time of low load before fewer nodes are advised.'),
  horizonMs: durationMs.default(120_000).describe('How far ahead the trend of the load is looked (SCA-05).'),
  outPauseMs: durationMs.default(120_000).describe('Time after advice to add nodes before the next.'),
  inPauseMs: durationMs.default(300_000).describe('Time after any advice before fewer nodes are advised.'),
});
