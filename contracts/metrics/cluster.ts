/** Nodes that work together: members, messages between them, the record's copies, durable queues, advice. */
import { DURABLE_QUEUES } from '../cluster-names.ts';
import { SCALE_ACTIONS, SCALE_TRIGGERS } from '../messages/cluster/load.ts';
import { NO_LABELS } from './metric-info.ts';
import type { MetricInfo } from './metric-info.ts';

const DIRECTIONS = ['sent', 'received'];
const REMOTING = 'remoting';
const ADVICE = 'autoscaler';

/** Nodes that work together. Where there is no cluster, none of them is exported. */
export const CLUSTER_METRICS = {
  cluster_members: {
    ...{ name: 'witan_cluster_members', type: 'gauge', unit: 'count', labels: NO_LABELS },
    ...{ help: 'Members of the cluster that this node knows.', producer: 'membership', onlyWhenFed: true },
  },
  cluster_shards: {
    ...{ name: 'witan_cluster_shards', type: 'gauge', unit: 'count', labels: NO_LABELS },
    ...{ help: 'Shards of decisions that this node decides.', producer: 'placement', onlyWhenFed: true },
  },
  cluster_kv_writes: {
    ...{ name: 'witan_cluster_kv_writes_total', type: 'counter', unit: 'count', labels: NO_LABELS },
    help: 'Writes of this node to the key-value store of the cluster, those of its heartbeat left out.',
    ...{ producer: 'claims and log', onlyWhenFed: true },
  },
  remote_frames: {
    ...{ name: 'witan_remote_frames_total', type: 'counter', unit: 'count' },
    help: 'Messages between nodes, answers and watches included.',
    ...{ labels: { direction: DIRECTIONS }, producer: REMOTING, onlyWhenFed: true },
  },
  remote_batches: {
    ...{ name: 'witan_remote_batches_total', type: 'counter', unit: 'count' },
    help: 'Batches of messages between nodes: one publish each.',
    ...{ labels: { direction: DIRECTIONS }, producer: REMOTING, onlyWhenFed: true },
  },
  remote_bytes: {
    ...{ name: 'witan_remote_bytes_total', type: 'counter', unit: 'bytes' },
    help: 'Bytes of batches between nodes.',
    ...{ labels: { direction: DIRECTIONS }, producer: REMOTING, onlyWhenFed: true },
  },
  remote_troubles: {
    ...{ name: 'witan_remote_troubles_total', type: 'counter', unit: 'count' },
    help: 'Between nodes: batches lost or repeated, what was refused or did not leave, late answers.',
    labels: { kind: ['batch-lost', 'batch-repeated', 'refused', 'undelivered', 'late-reply'] },
    ...{ producer: REMOTING, onlyWhenFed: true },
  },
  remote_open_asks: {
    ...{ name: 'witan_remote_open_asks', type: 'gauge', unit: 'count', labels: NO_LABELS },
    ...{ help: 'Asks to other nodes that wait for an answer.', producer: REMOTING, onlyWhenFed: true },
  },
  log_in_sync: {
    ...{ name: 'witan_log_in_sync_members', type: 'gauge', unit: 'count', labels: NO_LABELS },
    help: 'Copies that hold every acknowledged entry of the record.',
    ...{ producer: 'replicated log', onlyWhenFed: true },
  },
  log_lag: {
    ...{ name: 'witan_log_lag_entries', type: 'gauge', unit: 'count', labels: NO_LABELS },
    help: 'Entries under the head of the record that the copy of this node does not hold yet.',
    ...{ producer: 'replicated log', onlyWhenFed: true },
  },
  durable_messages: {
    ...{ name: 'witan_durable_messages_total', type: 'counter', unit: 'count' },
    help: 'Messages of durable queues by what became of them at this node.',
    labels: {
      queue: DURABLE_QUEUES,
      result: ['sent', 'overflowed', 'failed', 'handled', 'again', 'dead', 'late-ack'],
    },
    ...{ producer: 'durable sends', onlyWhenFed: true },
  },
  durable_waiting: {
    ...{ name: 'witan_durable_waiting', type: 'gauge', unit: 'count', labels: { queue: DURABLE_QUEUES } },
    help: 'Messages that wait in a durable queue or are in hand somewhere; the same at every node.',
    ...{ producer: 'durable sends', onlyWhenFed: true },
  },
  scale_pressure: {
    ...{ name: 'witan_scale_pressure_ratio', type: 'gauge', unit: 'ratio' },
    help: 'Where the trend of a trigger leads, by its threshold; above 1 it fires (SCA-02, SCA-05).',
    ...{ labels: { trigger: SCALE_TRIGGERS }, producer: ADVICE, onlyWhenFed: true },
  },
  scale_nodes: {
    ...{ name: 'witan_scale_deciding_nodes', type: 'gauge', unit: 'count', labels: NO_LABELS },
    ...{ help: 'Nodes that decide, as this one sees them.', producer: ADVICE, onlyWhenFed: true },
  },
  scale_wanted: {
    ...{ name: 'witan_scale_wanted_nodes', type: 'gauge', unit: 'count', labels: NO_LABELS },
    ...{ help: 'Nodes that should decide, by their load.', producer: ADVICE, onlyWhenFed: true },
  },
  scale_changes: {
    ...{
      name: 'witan_scale_changes_total',
      type: 'counter',
      unit: 'count',
      labels: { action: SCALE_ACTIONS },
    },
    ...{ help: 'Changes of the advice on the number of nodes.', producer: ADVICE, onlyWhenFed: true },
  },
} as const satisfies Record<string, MetricInfo>;
