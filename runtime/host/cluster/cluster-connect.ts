/** How this node connects to the NATS servers of its cluster, and where the cluster's state is. */
import type { Settings } from '../../../config/schema.ts';
import type { ConnectNatsOptions, NatsKvOptions } from '../../../transport/nats/index.ts';

/** Options of a connection, without its name; files are read at each connect. */
export function clusterConnect({ cluster, nats, store }: Settings): Omit<ConnectNatsOptions, 'name'> {
  const { credsFile, nkeyFile, tlsCaFile, tlsCertFile, tlsKeyFile, inboxPrefix } = cluster;
  const files = { credsFile, nkeyFile, tlsCaFile, tlsCertFile, tlsKeyFile, inboxPrefix };
  const given = Object.fromEntries(Object.entries(files).filter(([, value]) => value !== ''));
  return { url: store.natsUrl, client: nats.client, ...given };
}

/** Bucket of members, claims and the heads of logs. */
export function clusterBucket({ cluster }: Settings): NatsKvOptions {
  return { bucket: `witan-${cluster.name}`, replicaCount: cluster.replicaCount };
}
