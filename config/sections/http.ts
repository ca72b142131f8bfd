/** Settings of the HTTP door: addresses, limits, proxies, TLS. */
import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const file = z.string().max(4_096).default('');

/** Section `http`. */
export const http = z.strictObject({
  host: z.string().min(1).max(253).default('127.0.0.1').describe('Address that the HTTP door binds.'),
  port: port.default(8_470).describe('Port of the HTTP door and of the pages; 0 takes a free one.'),
  bodyMaxBytes: z.int().min(1_024).max(67_108_864).default(1_048_576).describe('Largest request body.'),
  drainMs: z
    .int()
    .min(1)
    .max(86_400_000)
    .default(10_000)
    .describe('Time that open requests get when the node stops.'),
  viewerMaxCount: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Live viewers of event streams at once.'),
  addressConnectionMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Connections that one address holds open at the HTTP door; trusted proxies are not counted.'),
  allowedHosts: z
    .array(z.string().regex(/^(\[[0-9a-f:]+\]|[a-z0-9.-]{1,253})$/))
    .max(100)
    .default([])
    .describe('Names in the Host header that are served besides loopback and http.host.'),
  trustedProxies: z
    .array(z.string().regex(/^[0-9a-fA-F.:]{2,45}(\/\d{1,3})?$/))
    .max(100)
    .default([])
    .describe('Addresses or CIDR ranges of load balancers whose X-Forwarded-For counts (GWY-02).'),
  tlsCertFile: file.describe('Certificate chain in PEM; empty: plain HTTP. Read again when it changes.'),
  tlsKeyFile: file.describe('Key of the certificate in PEM (GWY-12).'),
  tlsClientCaFile: file.describe('Authorities of client certificates in PEM; empty: none is asked for.'),
  redirectPort: port.default(0).describe('Port that only redirects to HTTPS; 0: none (GWY-12).'),
});
