/** Settings of who may call: keys, tokens, certificates, tenants. */
import { z } from 'zod';
import { Digest } from '../../contracts/messages/ids.ts';

/** Section `identity`. */
export const identity = z.strictObject({
  localTenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .default('local')
    .describe('Tenant of loopback callers and of the embedding host.'),
  apiKeys: z
    .array(
      z.strictObject({
        digest: Digest,
        id: z.string().min(1).max(200),
        tenant: z.string().min(1).max(64),
        scopes: z.array(z.string().max(80)).max(40),
      }),
    )
    .max(10_000)
    .default([])
    .describe('SHA-256 of each API key and whom it stands for; empty: only loopback is served.'),
});
