/** Everything that one `witan cluster nats-config` writes: servers' files, and each node's own secret. */
import type { ClusterPlan } from './cluster-plan.ts';
import { nodeInbox } from './cluster-streams.ts';
import { serverConfig } from './server-config.ts';

/** A file to write. */
export interface ConfigFile {
  /** Relative to the folder that is written to. */
  readonly path: string;
  readonly text: string;
  /** Only its owner may read it. */
  readonly isSecret: boolean;
}

/** A node's way in. */
export interface NodeAccess {
  readonly node: string;
  /** `U…` */
  readonly publicKey: string;
  /** `SU…`: what proves that it is this node. */
  readonly seed: string;
}

/** Makes keys for the nodes of a plan that have none yet; `known` gives the seeds of those that have. */
export async function nodeAccess(
  plan: ClusterPlan,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<NodeAccess[]> {
  // Loaded here: whoever only imports the room needs no client package.
  const { nkeys } = await import('@nats-io/transport-node');
  return plan.nodes.map(({ name }) => {
    const seed = known.get(name);
    const pair = seed === undefined ? nkeys.createUser() : nkeys.fromSeed(new TextEncoder().encode(seed));
    const text = new TextDecoder().decode(pair.getSeed());
    return { node: name, publicKey: pair.getPublicKey(), seed: text };
  });
}

/** Files of a plan; pure. */
export function clusterFiles(plan: ClusterPlan, access: readonly NodeAccess[]): ConfigFile[] {
  const keys = new Map(access.map(({ node, publicKey }) => [node, publicKey]));
  const url = plan.servers.map(({ host, port }) => `tls://${host}:${port}`).join(',');
  return [
    ...plan.servers.map(({ name }, index) => ({
      path: `${name}.conf`,
      text: serverConfig(plan, index, keys),
      isSecret: false,
    })),
    ...access.flatMap(({ node, seed }) => [
      { path: `nodes/${node}.nk`, text: `${seed}\n`, isSecret: true },
      {
        path: `nodes/${node}.json`,
        text: `${JSON.stringify(connection(plan, node, url), null, 2)}\n`,
        isSecret: false,
      },
    ]),
  ];
}

/** What a node connects with, for its settings. */
function connection(plan: ClusterPlan, node: string, url: string): Readonly<Record<string, string>> {
  const inboxPrefix = nodeInbox(plan.cluster, node);
  return { cluster: plan.cluster, node, url, nkeyFile: `${node}.nk`, caFile: plan.tls.caFile, inboxPrefix };
}
