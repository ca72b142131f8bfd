/** Settings of the NATS door: server, credentials by file, bounds, published events. */
import { z } from 'zod';
import { TenantName } from './identity.ts';

const file = z.string().max(4_096).default('');
const count = z.int().min(1).max(1_000_000);

/** Section `nats`: the door for other systems; the cluster's own connection is `store.natsUrl`. */
export const nats = z.strictObject({
  url: z.string().max(2_000).default('').meta({
    description: 'NATS servers of the door, nats://host:port or tls://…, with commas; empty: no such door.',
    secret: true,
  }),
  client: z
    .enum(['nats-io', 'nats'])
    .default('nats-io')
    .describe('Client package: @nats-io/transport-node, or nats (docs/adr/0008).'),
  credsFile: file.describe('File with JWT and seed of the NATS user; read again at each connect.'),
  nkeyFile: file.describe('File with the nkey seed of the NATS user; read again at each connect.'),
  passwordFile: file.describe(
    'File with user:password, or a token, of the NATS user; read again at each connect.',
  ),
  tlsCaFile: file.describe('Authorities of the server’s certificate in PEM; empty: those of the system.'),
  tlsCertFile: file.describe('Own certificate chain in PEM; empty: none is shown.'),
  tlsKeyFile: file.describe('Key of the own certificate in PEM.'),
  callerKeyFile: file.describe(
    'File with the API key that stands for callers without credentials; empty: they are refused.',
  ),
  requestMaxCount: count.default(1_000).describe('Requests under way at once; more are overloaded.'),
  requestMaxBytes: z
    .int()
    .min(1_048_576)
    .max(17_179_869_184)
    .default(67_108_864)
    .describe('Bytes of the bodies of requests under way.'),
  streamMaxCount: count.default(1_000).describe('Streams open at once, of all callers.'),
  eventTenants: z
    .array(TenantName)
    .max(10_000)
    .default([])
    .describe(
      'Tenants whose decision events are published on their subjects; whoever may subscribe reads them.',
    ),
  eventMaxAgeMs: z
    .int()
    .min(0)
    .max(31_536_000_000)
    .default(0)
    .describe('Age to which a stream of each such tenant keeps its events; 0: they are not kept (MSG-03).'),
  eventMaxBytes: z
    .int()
    .min(1_048_576)
    .max(1_099_511_627_776)
    .default(1_073_741_824)
    .describe('Bytes that the stream of one tenant keeps; the oldest events go first.'),
});
