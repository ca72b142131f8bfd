/** Names that a cluster has on its NATS servers, the same for nodes and for the servers' permissions. */
import { CLUSTER_ROOT } from '../../../contracts/cluster-names.ts';
import { bucketNames } from '../ports/kv-keys.ts';
import { journalNames } from '../ports/journal-keys.ts';

/** Names of one cluster. */
export interface ClusterStreams {
  /** Bucket of members, claims and cells of logs. */
  readonly bucket: string;
  readonly bucketStream: string;
  /** `$KV.<bucket>.`, before each key. */
  readonly keyPrefix: string;
  readonly journalStream: string;
  readonly snapshotStream: string;
  /** Before the tokens of a journal's key: of events, and of snapshots. */
  readonly journalPrefix: string;
  readonly snapshotPrefix: string;
}

/** Names of the cluster `cluster`. @throws invalid_argument */
export function clusterStreams(cluster: string): ClusterStreams {
  const bucket = `witan-${cluster}`;
  const { stream: bucketStream, prefix: keyPrefix } = bucketNames(bucket);
  const { stream, snapshotStream, prefix, snapshotPrefix } = journalNames(cluster);
  return {
    bucket,
    bucketStream,
    keyPrefix,
    journalStream: stream,
    snapshotStream,
    journalPrefix: prefix,
    snapshotPrefix,
  };
}

/** First tokens of the subjects for answers to one node: `inboxPrefix` of each of its connections. */
export function nodeInbox(cluster: string, node: string): string {
  return `${CLUSTER_ROOT}.${cluster}.inbox.${node}`;
}
