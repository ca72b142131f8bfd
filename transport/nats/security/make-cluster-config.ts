/** From a plan to files: what the command line and embedders call. */
import { clusterFiles, nodeAccess } from './cluster-config.ts';
import type { ConfigFile } from './cluster-config.ts';
import { parseClusterPlan } from './cluster-plan.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { nodePermissions } from './node-permissions.ts';
import type { NodePermissions } from './node-permissions.ts';

/** Configuration of a cluster's NATS servers. */
export interface ClusterNatsConfig {
  readonly plan: ClusterPlan;
  readonly files: readonly ConfigFile[];
  readonly nodes: readonly {
    readonly name: string;
    readonly publicKey: string;
    readonly permissions: NodePermissions;
  }[];
}

/**
 * Configuration of the NATS servers of a cluster: TLS, one nkey a node, permissions by role.
 *
 * @param input a plan: `{ cluster, nodes: [{ name, roles }], servers, tls, queues, serverVersion }`
 * @param knownSeeds seeds by node that are kept; a node without one gets a new key
 * @throws invalid_argument
 * @example (await clusterNatsConfig({ nodes: [{ name: 'node-1', roles: ['worker'] }] })).files[0].path
 *   // 'nats-1.conf'
 */
export async function clusterNatsConfig(
  input: unknown,
  knownSeeds: ReadonlyMap<string, string> = new Map(),
): Promise<ClusterNatsConfig> {
  const plan = parseClusterPlan(input);
  const access = await nodeAccess(plan, knownSeeds);
  const nodes = plan.nodes.map((node, index) => ({
    name: node.name,
    publicKey: access[index]!.publicKey,
    permissions: nodePermissions(node, plan),
  }));
  return { plan, files: clusterFiles(plan, access), nodes };
}
