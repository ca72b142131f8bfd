/** What operators see of a cluster, from one of its nodes. */
import { z } from 'zod';
import { DURABLE_QUEUES } from '../../cluster-names.ts';
import { MemberState } from '../cluster/member.ts';

const count = z.int().min(0);

/** A member as the asked node sees it. */
export const ClusterMemberView = z.strictObject({
  node: z.string(),
  incarnation: z.string(),
  state: MemberState,
  /** `slow`: it beats and its main loop is late; `silent`: it has not beaten for longer than it should. */
  condition: z.enum(['well', 'slow', 'silent']),
  roles: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  /** Open decisions. */
  load: count,
  /** How late its main loop runs, ms. */
  lagMs: z.number(),
  /** Shards of decisions that it owns. */
  shardCount: count,
});
/** See {@link ClusterMemberView}. */
export type ClusterMemberView = z.infer<typeof ClusterMemberView>;

/** Who writes the record, and on whose disks every acknowledged entry is. */
export const ClusterLogView = z.strictObject({
  logId: z.string(),
  writer: z.string(),
  generation: count,
  inSync: z.array(z.string()),
  /** Entries that a signed head may cover. */
  size: count,
});
/** See {@link ClusterLogView}. */
export type ClusterLogView = z.infer<typeof ClusterLogView>;

/** A cluster as one node sees it. */
export const ClusterView = z.strictObject({
  name: z.string(),
  /** The node that was asked. */
  node: z.string(),
  incarnation: z.string(),
  lease: z.enum(['joining', 'held', 'suspended', 'lost']),
  members: z.array(ClusterMemberView),
  shards: z.strictObject({ count, free: count }),
  /** What runs once in the cluster, and where; null: nowhere now. */
  singletons: z.array(z.strictObject({ name: z.string(), node: z.string().nullable(), generation: count })),
  /** Null: no node has written it yet. */
  log: ClusterLogView.nullable(),
});
/** See {@link ClusterView}. */
export type ClusterView = z.infer<typeof ClusterView>;

/** Owners of the shards of decisions. */
export const ClusterShardsView = z.strictObject({
  kind: z.string(),
  shards: z.array(
    z.strictObject({
      shard: count,
      /** Null: free. */
      node: z.string().nullable(),
      /** Rises with each owner. */
      generation: count,
    }),
  ),
});
/** See {@link ClusterShardsView}. */
export type ClusterShardsView = z.infer<typeof ClusterShardsView>;

/** A node that has handed over. */
export const ClusterDrainView = z.strictObject({ node: z.string(), shardCount: count });
/** See {@link ClusterDrainView}. */
export type ClusterDrainView = z.infer<typeof ClusterDrainView>;

/** A message between nodes that was given up. */
export const DeadLetterView = z.strictObject({
  queue: z.enum(DURABLE_QUEUES),
  id: z.string(),
  /** Why it was given up: code and text of the last failure. */
  reason: z.string(),
  deliveryCount: count,
  sizeBytes: count,
  /** Receiver, sender and time; null where it cannot be read. */
  to: z.string().nullable(),
  from: z.string().nullable(),
  sentAt: z.string().nullable(),
});
/** See {@link DeadLetterView}. */
export type DeadLetterView = z.infer<typeof DeadLetterView>;

/** Durable queues of the cluster and what was given up in them. */
export const DeadLettersView = z.strictObject({
  queues: z.array(z.strictObject({ queue: z.enum(DURABLE_QUEUES), waiting: count, dead: count })),
  items: z.array(DeadLetterView),
});
/** See {@link DeadLettersView}. */
export type DeadLettersView = z.infer<typeof DeadLettersView>;

/** One of them with its content; null where it is no JSON of ours. */
export const DeadLetterContentView = DeadLetterView.extend({ message: z.json() });
/** See {@link DeadLetterContentView}. */
export type DeadLetterContentView = z.infer<typeof DeadLetterContentView>;

/** Names one. */
export const DeadLetterName = z.strictObject({
  queue: z.enum(DURABLE_QUEUES),
  id: z.string().min(1).max(200),
});
/** See {@link DeadLetterName}. */
export type DeadLetterName = z.infer<typeof DeadLetterName>;
