/**
 * Text of the configuration of a cluster's NATS servers: TLS, one nkey a node, permissions by role.
 * @source NATS documentation, server configuration; the form is read by nats-server 2.9 and newer
 */
import type { ClusterPlan } from './cluster-plan.ts';
import { nodePermissions } from './node-permissions.ts';
import type { NodePermissions } from './node-permissions.ts';
import { isVersionAtLeast } from './server-version.ts';

/** A node's public key, `U…`. */
export type NodeKeys = ReadonlyMap<string, string>;

const quoted = (text: string): string => JSON.stringify(text);

/** Configuration of the server `index` of a plan; pure: the same plan and keys give the same text. */
export function serverConfig(plan: ClusterPlan, index: number, keys: NodeKeys): string {
  const server = plan.servers[index]!;
  return [
    `# NATS server ${server.name} of the cluster ${plan.cluster}, written by \`witan cluster nats-config\`.`,
    '# docs/cluster-security.md explains it; write it anew instead of changing it.',
    `server_name: ${quoted(server.name)}`,
    `listen: ${quoted(`${server.host}:${server.port}`)}`,
    '',
    ...tlsBlock(plan, { isMutual: plan.tls.isMutual, indent: '' }),
    '',
    'jetstream {',
    `  store_dir: ${quoted(server.storeDir)}`,
    // An acknowledged write outlives a power cut only when it was synced (Jepsen on 2.12.1).
    ...(isVersionAtLeast(plan.serverVersion, '2.10.0') ? ['  sync_interval: always'] : []),
    '}',
    '',
    ...(plan.servers.length > 1 ? routes(plan, index) : []),
    'accounts {',
    `  ${accountName(plan.cluster)} {`,
    '    jetstream: enabled',
    '    users: [',
    ...plan.nodes.map((node) =>
      user(keys.get(node.name)!, nodePermissions(node, plan), `${node.name}: ${node.roles.join(', ')}`),
    ),
    '    ]',
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Name of the account that the nodes of a cluster are in, apart from all others. */
export function accountName(cluster: string): string {
  return `WITAN_${cluster.toUpperCase().replaceAll('-', '_')}`;
}

function tlsBlock(plan: ClusterPlan, { isMutual, indent }: { isMutual: boolean; indent: string }): string[] {
  const { certFile, keyFile, caFile } = plan.tls;
  return [
    'tls {',
    `  cert_file: ${quoted(certFile)}`,
    `  key_file: ${quoted(keyFile)}`,
    `  ca_file: ${quoted(caFile)}`,
    ...(isMutual ? ['  verify: true'] : []),
    '  timeout: 5',
    '}',
  ].map((line) => indent + line);
}

/** Routes carry every message: both ends of one show a certificate, always. */
function routes(plan: ClusterPlan, index: number): string[] {
  const { host, routePort } = plan.servers[index]!;
  return [
    'cluster {',
    `  name: ${quoted(plan.cluster)}`,
    `  listen: ${quoted(`${host}:${routePort}`)}`,
    ...tlsBlock(plan, { isMutual: true, indent: '  ' }),
    '  routes: [',
    ...plan.servers.map((one) => `    ${quoted(`nats-route://${one.host}:${one.routePort}`)}`),
    '  ]',
    '}',
    '',
  ];
}

function user(publicKey: string, permissions: NodePermissions, who: string): string {
  const list = (name: string, subjects: readonly string[]): string[] => [
    `          ${name}: { allow: [`,
    ...subjects.map((subject) => `            ${quoted(subject)}`),
    '          ] }',
  ];
  return [
    `      # ${who}`,
    '      {',
    `        nkey: ${publicKey}`,
    '        permissions: {',
    ...list('publish', permissions.publish),
    ...list('subscribe', permissions.subscribe),
    // A stream of answers is many messages to the subject of one request.
    ...(permissions.mayRespond ? ['          allow_responses: { max: -1, expires: "10m" }'] : []),
    '        }',
    '      }',
  ].join('\n');
}
