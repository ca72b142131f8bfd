/**
 * Names that nodes of one cluster use between themselves: subjects and keys.
 *
 *     witanc.<cluster>.to.<node>.<incarnation>     batches of envelopes for one run of one node
 *     witanc.<cluster>.all.<topic>                 what every node hears (`policy`, `decision-events`,
 *                                                  `load`, `scale-advice`)
 *     witanc.<cluster>.log.<log>.<node>.<lane>     what a node with a copy of a log is told and asked
 *
 *     members.<node>.<incarnation>                 a run of a node, renewed by it
 *     claims.shard.<kind>.<n>                      owner of a shard
 *     claims.singleton.<name>                      owner of what runs once in the cluster
 *     seats.<node>                                 keys and evaluators of the seats of a node
 *     identity.>                                   API keys of the cluster's doors, and credits used
 *     logs.<name>                                  writer, in-sync set and head of a replicated log
 *
 * They are apart from `witan.>`, so that permissions of outsiders never cover them.
 */

/** First token of every subject between nodes. */
export const CLUSTER_ROOT = 'witanc';

/**
 * Versions of the protocol between nodes; a node speaks the highest that both sides know.
 *
 * 2 writes data that messages of one batch share once.
 */
export const CLUSTER_PROTOCOL = { min: 1, max: 2 } as const;

/** Subject of the batches for one run of a node. */
export function nodeSubject(cluster: string, node: string, incarnation: string): string {
  return `${CLUSTER_ROOT}.${cluster}.to.${node}.${incarnation}`;
}

/** Subject that every node hears; `topic` is kebab-case. */
export function topicSubject(cluster: string, topic: string): string {
  return `${CLUSTER_ROOT}.${cluster}.all.${topic}`;
}

/**
 * Ways to a node with a copy of a log; the servers' permissions say who may send on which.
 *
 * `copy`: replication, between nodes with copies. `decide`: appends of what a decision consists of. `note`:
 * reads, and appends of everything else.
 */
export const LOG_LANES = ['copy', 'decide', 'note'] as const;
/** See {@link LOG_LANES}. */
export type LogLane = (typeof LOG_LANES)[number];

/** Subject of a way to a node with a copy of a log; `*`: of all ways. */
export function logSubject(cluster: string, log: string, node: string, lane: LogLane | '*'): string {
  return `${CLUSTER_ROOT}.${cluster}.log.${log}.${node}.${lane}`;
}

/** Prefix of the members' keys. */
export const MEMBERS_PREFIX = 'members.';

/** Prefix of the claims' keys. */
export const CLAIMS_PREFIX = 'claims.';

/** Key of one run of a node. */
export function memberKey(node: string, incarnation: string): string {
  return `${MEMBERS_PREFIX}${node}.${incarnation}`;
}

/** Name of the claim of shard `n` of `kind`. */
export function shardClaim(kind: string, n: number): string {
  return `shard.${kind}.${n}`;
}

/** Name of the claim of what runs once in the cluster. */
export function singletonClaim(name: string): string {
  return `singleton.${name}`;
}

/** Key of a claim. */
export function claimKey(claim: string): string {
  return `${CLAIMS_PREFIX}${claim}`;
}

/** Prefix of the keys in which nodes tell of their seats. */
export const SEATS_PREFIX = 'seats.';

/** Key in which a node tells of its seats. */
export function seatsKey(node: string): string {
  return `${SEATS_PREFIX}${node}`;
}

/** Prefix of what doors of all nodes know of their callers. */
export const IDENTITY_PREFIX = 'identity.';

/** Key of a replicated log's cell. */
export function logKey(log: string): string {
  return `logs.${log}`;
}

/** Name of a durable queue of a cluster; neither part holds the character between them. */
export function durableQueue(cluster: string, name: string): string {
  return `${cluster}_${name}`;
}

/** Durable queues of every cluster. */
export const DURABLE_QUEUES = ['ballot-notices'] as const;
/** See {@link DURABLE_QUEUES}. */
export type DurableQueueName = (typeof DURABLE_QUEUES)[number];
