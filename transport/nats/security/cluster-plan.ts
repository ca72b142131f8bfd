/** What a configuration of a cluster's NATS servers is made from. */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { NodeName } from '../../../contracts/messages/cluster/member.ts';
import { CLUSTER_ROLES } from './node-permissions.ts';

const Role = z.enum(CLUSTER_ROLES);
const host = z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'a host name or address');
const port = z.int().min(1).max(65_535);
const path = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[^"\\\u0000-\u001f]+$/, 'a path without quotes and backslashes');

/** See the head of this file. */
export const ClusterPlan = z
  .strictObject({
    /** Name of the cluster, as `cluster.name` of its nodes. */
    cluster: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/)
      .default('witan'),
    nodes: z
      .array(z.strictObject({ name: NodeName, roles: z.array(Role).min(1) }))
      .min(1)
      .max(10_000),
    /** One, or three or five that keep copies of each other's streams. */
    servers: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
          host: host.default('127.0.0.1'),
          port: port.default(4_222),
          routePort: port.default(6_222),
          storeDir: path.default('/var/lib/nats'),
        }),
      )
      .min(1)
      .max(5)
      .default([
        { name: 'nats-1', host: '127.0.0.1', port: 4_222, routePort: 6_222, storeDir: '/var/lib/nats' },
      ]),
    tls: z
      .strictObject({
        certFile: path.default('/etc/nats/server.pem'),
        keyFile: path.default('/etc/nats/server.key'),
        caFile: path.default('/etc/nats/ca.pem'),
        /** Nodes must show a certificate of the same authority, beside their nkey. */
        isMutual: z.boolean().default(false),
      })
      .prefault({}),
    queues: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[A-Za-z0-9._/:-]{1,100}$/),
          putBy: z.array(Role).min(1),
          takenBy: z.array(Role).min(1),
        }),
      )
      .max(100)
      .default([]),
    /** Version that the servers are at least of; from 2.10 on they sync each message to disk. */
    serverVersion: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/)
      .default('2.12.7'),
  })
  .superRefine(({ nodes, servers }, context) => {
    for (const [what, names] of [
      ['nodes', nodes.map(({ name }) => name)],
      ['servers', servers.map(({ name }) => name)],
    ] as const)
      if (new Set(names).size !== names.length)
        context.addIssue({ code: 'custom', path: [what], message: 'names must be unique' });
  });
/** See {@link ClusterPlan}. */
export type ClusterPlan = z.infer<typeof ClusterPlan>;

/** Checks a plan and fills in its defaults. @throws invalid_argument */
export function parseClusterPlan(value: unknown): ClusterPlan {
  const parsed = ClusterPlan.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WitanError('invalid_argument', 'the plan of the cluster cannot be read', {
    path: issue?.path.join('.') ?? '',
    expected: issue?.message ?? 'a plan',
  });
}
