/** Name of a cluster's log. */

/** Name of the log, as it stands in checkpoints: the same on every node. */
export function clusterLogId(cluster: string): string {
  return `witan/${cluster}`;
}
