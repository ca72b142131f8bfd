/** Settings of the cluster that a node belongs to, where `store.natsUrl` names servers. */
import { z } from 'zod';

const durationMs = z.int().min(1).max(86_400_000);
const file = z.string().max(4_096).default('');

/** Section `cluster`. The times and counts without a node in their meaning are the same on all nodes. */
export const cluster = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/)
    .default('witan')
    .describe('Name of the cluster: its nodes share subjects, members and shards.'),
  labels: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/), z.string().max(200))
    .default({})
    .describe(
      'Labels of this node that placement looks at: gpu, region, zone, cloud (CLU-02); capacity, a number ' +
        'from 0.01 to 100, is its share of the shards relative to other nodes.',
    ),
  beatMs: durationMs
    .default(500)
    .describe('Time between two renewals of the lease of a node. On all nodes the same.'),
  leaseMs: durationMs
    .default(2_000)
    .describe(
      'Time without a renewal after which others take over what a node owns; it stops a tenth of it ' +
        'earlier by its own clock. On all nodes the same, and at least three times beatMs.',
    ),
  hungMs: durationMs
    .default(10_000)
    .describe('Time without a sign of the main loop after which its lease is renewed no more.'),
  slowMs: durationMs.default(250).describe('Lag of the main loop from which on a node counts as slow.'),
  shardCount: z
    .int()
    .min(1)
    .max(4_096)
    .default(256)
    .describe('Shards of each kind of entities. On all nodes the same; changing it moves every entity.'),
  settleMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(1_000)
    .describe('How long a node must be up before shards that others own are moved to it.'),
  handOverMaxCount: z
    .int()
    .min(1)
    .max(4_096)
    .default(8)
    .describe('Shards of one kind that a node hands over at once.'),
  takeMaxCount: z
    .int()
    .min(1)
    .max(4_096)
    .default(32)
    .describe('Shards of one kind that a node takes at once.'),
  drainMs: durationMs
    .default(5_000)
    .describe('Longest wait for the work in a shard before it is handed over all the same.'),
  locateMs: durationMs.default(5_000).describe('Longest wait for the owner of a shard.'),
  standbyMs: durationMs
    .default(2_000)
    .describe('Time for which a node leaves a free singleton to each node that is wished for before it.'),
  forgetMs: durationMs
    .default(600_000)
    .describe('Time after which the key of a node that is gone is removed.'),
  durableMaxCount: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(10_000)
    .describe('Messages that may wait in a durable queue; one more is refused. On all nodes the same.'),
  durableMaxDeliveries: z
    .int()
    .min(1)
    .max(1_000)
    .default(16)
    .describe('Deliveries after which a durable message is a dead letter. On all nodes the same.'),
  durableAckMs: durationMs
    .default(10_000)
    .describe(
      'Time after which a durable message comes again that a node took and says nothing of any more. ' +
        'On all nodes the same.',
    ),
  credsFile: file.describe('File with JWT and seed of this node’s NATS user; read again at each connect.'),
  nkeyFile: file.describe('File with the nkey seed of this node’s NATS user; read again at each connect.'),
  tlsCaFile: file.describe(
    'Authorities of the NATS servers’ certificates in PEM; empty: those of the system.',
  ),
  tlsCertFile: file.describe('Own certificate chain towards the NATS servers in PEM; empty: none is shown.'),
  tlsKeyFile: file.describe('Key of that certificate in PEM.'),
  inboxPrefix: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{0,80}$/)
    .default('')
    .describe('First tokens of subjects for answers, where the server’s permissions ask for it.'),
  replicaCount: z
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('Copies of members, claims and journals in the cluster of NATS servers: 3 with three servers.'),
  minInSync: z
    .int()
    .min(1)
    .max(15)
    .default(1)
    .describe(
      'Nodes that must hold all of the record for more to be appended; with fewer in the set, appends are ' +
        'unavailable and reads go on. On all nodes the same.',
    ),
});
