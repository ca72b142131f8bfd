/** Settings of the doors beside HTTP: gRPC and NATS. */
import { z } from 'zod';

/** Section `grpc`. */
export const grpc = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether a node with the role gateway opens the gRPC door.'),
  host: z.string().min(1).max(253).default('127.0.0.1').describe('Address that the gRPC door binds.'),
  port: z.int().min(0).max(65_535).default(8_471).describe('Port of the gRPC door; 0 takes a free one.'),
});

/** Section `nats`: the door for other systems; the cluster's own connection is `store.natsUrl`. */
export const nats = z.strictObject({
  url: z
    .string()
    .max(2_000)
    .default('')
    .meta({ description: 'NATS server of the door for other systems; empty: no such door.', secret: true }),
});
