/** Settings of the doors beside HTTP: gRPC and NATS. */
import { z } from 'zod';

/** Port of the gRPC door where nothing is set. */
export const GRPC_PORT = 8_471;

const file = z.string().max(4_096).default('');

/** Section `grpc`. */
export const grpc = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether a node with the role gateway opens the gRPC door.'),
  host: z.string().min(1).max(253).default('127.0.0.1').describe('Address that the gRPC door binds.'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(GRPC_PORT)
    .describe('Port of the gRPC door; 0 takes a free one, and so does the default where http.port is 0.'),
  tlsCertFile: file.describe('Certificate chain in PEM; empty: plain text. Read again when it changes.'),
  tlsKeyFile: file.describe('Key of the certificate in PEM.'),
  tlsClientCaFile: file.describe('Authorities of client certificates in PEM; empty: none is asked for.'),
  tlsClientRequired: z
    .boolean()
    .default(true)
    .describe('Whether a client without a certificate of those authorities is refused.'),
  reflection: z.boolean().default(true).describe('Whether the services describe themselves to clients.'),
  streamMaxCount: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Streams open at once, of all callers.'),
  inFlightMaxCount: z
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Decisions open at once on one stream; further ones are not read.'),
});

export { nats } from './nats.ts';
