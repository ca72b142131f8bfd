/** What a node may say and hear on the servers of its cluster, by its roles (CLU-13). */
import {
  CLAIMS_PREFIX,
  CLUSTER_ROOT,
  durableQueue,
  IDENTITY_PREFIX,
  logSubject,
  MEMBERS_PREFIX,
  SEATS_PREFIX,
  singletonClaim,
} from '../../../contracts/cluster-names.ts';
import type { DurableQueueName } from '../../../contracts/cluster-names.ts';
import { REQUEST_ROOT, SUBJECT_ROOT } from '../../../contracts/subjects.ts';
import { queueNames } from '../ports/queue-names.ts';
import { clusterStreams, nodeInbox } from './cluster-streams.ts';
import type { ClusterStreams } from './cluster-streams.ts';

/** Roles that permissions are written for. */
export const CLUSTER_ROLES = [
  'gateway',
  'control',
  'platform',
  'worker',
  'gpu',
  'sandbox',
  'ledger',
  'anchor',
] as const;
/** See {@link CLUSTER_ROLES}. */
export type ClusterRole = (typeof CLUSTER_ROLES)[number];

/** A work queue of the cluster: which roles put into it, and which take out of it. */
export interface QueueGrant {
  readonly name: string;
  readonly putBy: readonly ClusterRole[];
  readonly takenBy: readonly ClusterRole[];
}

/** Queues that every cluster has: councils tell of ballots that did not count, orchestrators record them. */
const OWN_QUEUES: readonly (Omit<QueueGrant, 'name'> & { readonly name: DurableQueueName })[] = [
  { name: 'ballot-notices', putBy: ['worker'], takenBy: ['platform'] },
];

/** Who the permissions are for. */
export interface NodePlan {
  readonly name: string;
  readonly roles: readonly ClusterRole[];
}

/** Subjects, with wildcards; what is not listed is refused. */
export interface NodePermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer those who asked, on whatever subject they named. */
  readonly mayRespond: boolean;
}

/** Where permissions are written for. */
export interface ClusterGrants {
  readonly cluster: string;
  readonly queues: readonly QueueGrant[];
}

/**
 * Permissions of one node: the sum of those of its roles, and what every node needs. Sorted, each once.
 *
 * What NATS cannot express: that the *value* written to a claim names the writer. So a role is held to the
 * keys that it may ever own; whose claim it is, compare-and-set and the lease decide.
 */
export function nodePermissions(node: NodePlan, { cluster, queues }: ClusterGrants): NodePermissions {
  const streams = clusterStreams(cluster);
  const publish = [...everyNodePublishes(node, cluster, streams)];
  const subscribe = [
    `${nodeInbox(cluster, node.name)}.>`,
    `${CLUSTER_ROOT}.${cluster}.to.${node.name}.*`,
    `${CLUSTER_ROOT}.${cluster}.all.*`,
  ];
  for (const role of node.roles) {
    publish.push(...ROLE_PUBLISHES[role](cluster, streams));
    subscribe.push(...(ROLE_SUBSCRIBES[role]?.(cluster, node.name) ?? []));
  }
  const own = OWN_QUEUES.map((queue) => ({ ...queue, name: durableQueue(cluster, queue.name) }));
  for (const queue of [...own, ...queues]) publish.push(...queuePublishes(queue, node.roles));
  return {
    publish: [...new Set(publish)].sort(),
    subscribe: [...new Set(subscribe)].sort(),
    // Doors answer their callers, and followers of a log its writer.
    mayRespond: node.roles.includes('gateway') || node.roles.includes('ledger'),
  };
}

/** Own member's key and keys of its own seats, envelopes to other nodes, and reading the bucket. */
function everyNodePublishes(node: NodePlan, cluster: string, streams: ClusterStreams): string[] {
  return [
    `${CLUSTER_ROOT}.${cluster}.to.*.*`,
    // Whoever has no copy of the record reads it there, and appends what is no part of a decision.
    logSubject(cluster, '*', '*', 'note'),
    ...topics(cluster, ['load']),
    `${streams.keyPrefix}${MEMBERS_PREFIX}${node.name}.*`,
    `${streams.keyPrefix}${SEATS_PREFIX}${node.name}`,
    ...readsOf(streams.bucketStream),
    `$JS.API.STREAM.CREATE.${streams.bucketStream}`,
  ];
}

type Grants = (cluster: string, streams: ClusterStreams) => readonly string[];

const shards: Grants = (_cluster, { keyPrefix }) => [`${keyPrefix}${CLAIMS_PREFIX}shard.*.*`];

const ROLE_PUBLISHES: Readonly<Record<ClusterRole, Grants>> = {
  gateway: (cluster, { keyPrefix }) => [
    `${SUBJECT_ROOT}.*.decision.*.*`,
    ...topics(cluster, ['policy']),
    `${keyPrefix}${IDENTITY_PREFIX}>`,
  ],
  // Says of silent nodes that they are gone, changes streams, and sweeps old markers.
  control: (cluster, streams) => [
    `${streams.keyPrefix}${MEMBERS_PREFIX}*.*`,
    `${streams.keyPrefix}${CLAIMS_PREFIX}>`,
    `$JS.API.STREAM.UPDATE.${streams.bucketStream}`,
    `$JS.API.STREAM.UPDATE.${streams.journalStream}`,
    `$JS.API.STREAM.UPDATE.${streams.snapshotStream}`,
    `$JS.API.STREAM.PURGE.${streams.bucketStream}`,
    `${CLUSTER_ROOT}.${cluster}.all.*`,
    ...journal(streams),
  ],
  platform: (cluster, streams) => [
    logSubject(cluster, '*', '*', 'decide'),
    ...shards(cluster, streams),
    `${streams.keyPrefix}${CLAIMS_PREFIX}${singletonClaim('>')}`,
    ...topics(cluster, ['policy', 'decision-events', 'scale-advice']),
    // API keys: the gate of a platform node counts and ends them too.
    `${streams.keyPrefix}${IDENTITY_PREFIX}>`,
    ...journal(streams),
  ],
  // Holds the council: its sessions are shards with a journal, and their events go to the cluster alone.
  worker: (cluster, streams) => [
    ...shards(cluster, streams),
    ...topics(cluster, ['decision-events']),
    ...journal(streams),
  ],
  gpu: (_cluster, { keyPrefix }) => [`${keyPrefix}${CLAIMS_PREFIX}shard.gpu.*`],
  sandbox: (_cluster, { keyPrefix }) => [`${keyPrefix}${CLAIMS_PREFIX}shard.sandbox.*`],
  ledger: (cluster, { keyPrefix }) => [
    logSubject(cluster, '*', '*', 'copy'),
    `${keyPrefix}logs.*`,
    `${keyPrefix}${CLAIMS_PREFIX}${singletonClaim('ledger')}`,
  ],
  anchor: (_cluster, { keyPrefix }) => [`${keyPrefix}${CLAIMS_PREFIX}${singletonClaim('anchor')}`],
};

const ROLE_SUBSCRIBES: Partial<Record<ClusterRole, (cluster: string, node: string) => readonly string[]>> = {
  gateway: () => [`${REQUEST_ROOT}.>`, '$SRV.>'],
  ledger: (cluster, node) => [logSubject(cluster, '*', node, '*')],
};

function topics(cluster: string, names: readonly string[]): string[] {
  return names.map((name) => `${CLUSTER_ROOT}.${cluster}.all.${name}`);
}

/** Appends, snapshots, reads, and forgetting a key. */
function journal(streams: ClusterStreams): string[] {
  const both = [streams.journalStream, streams.snapshotStream];
  return [
    `${streams.journalPrefix}>`,
    `${streams.snapshotPrefix}>`,
    ...both.flatMap((stream) => [
      `$JS.API.STREAM.CREATE.${stream}`,
      `$JS.API.STREAM.INFO.${stream}`,
      `$JS.API.STREAM.MSG.GET.${stream}`,
      `$JS.API.STREAM.PURGE.${stream}`,
    ]),
  ];
}

/** Last values, and watches: a consumer that delivers to the own inbox, and its flow control. */
function readsOf(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.FC.${stream}.>`,
  ];
}

function queuePublishes({ name, putBy, takenBy }: QueueGrant, roles: readonly ClusterRole[]): string[] {
  const names = queueNames(name);
  const isPutter = putBy.some((role) => roles.includes(role));
  const isTaker = takenBy.some((role) => roles.includes(role));
  // Nodes that operators ask: dead letters are read there, put back, and removed.
  const isAsked = roles.includes('control') || roles.includes('platform');
  if (!isPutter && !isTaker && !isAsked) return [];
  const declaring = [names.stream, names.poisonStream].flatMap((stream) => [
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.STREAM.INFO.${stream}`,
  ]);
  return [
    ...declaring,
    `$JS.API.CONSUMER.DURABLE.CREATE.${names.stream}.workers`,
    ...(isPutter || isAsked ? [names.subject] : []),
    ...(isTaker
      ? [
          `$JS.API.CONSUMER.MSG.NEXT.${names.stream}.workers`,
          `$JS.ACK.${names.stream}.workers.>`,
          `${names.poisonPrefix}*`,
        ]
      : []),
    ...(isAsked ? [...readsOf(names.poisonStream), `$JS.API.STREAM.MSG.DELETE.${names.poisonStream}`] : []),
  ];
}
