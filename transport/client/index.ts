/** Client SDK (`witan/client`): one interface over HTTP, gRPC and NATS; each transport is loaded when named. */
import { WitanError } from '../../contracts/errors.ts';
import { connect as connectHttp } from './browser.ts';
import { WitanClient } from './client.ts';
import type { ClientOptions } from './client.ts';
import type { GrpcWireTls } from './grpc/grpc-wire.ts';
import type { QueueStore } from './offline-queue.ts';

export {
  clientCredentials,
  describeContent,
  ERROR_CODES,
  memoryQueueStore,
  verifyOffline,
  webQueueStore,
  WitanClient,
  WitanError,
} from './browser.ts';
export type {
  AgentView,
  ApiKeyRequest,
  ApiKeyView,
  CallOptions,
  ClientClock,
  ClientCredentials,
  ClientKeys,
  ClientNotice,
  ClientOptions,
  ContentMetadata,
  DecisionEvent,
  DecisionProof,
  DecisionRequest,
  DecisionSummary,
  DecisionVerification,
  DecisionView,
  DescribedContent,
  ErrorCode,
  ErrorDetails,
  EvaluateOptions,
  Evaluation,
  Guarded,
  GuardOptions,
  MadeApiKey,
  PinnedKey,
  ProvidedToken,
  QueuedDecision,
  QueueOptions,
  QueueOutcome,
  QueueStore,
  RetryOptions,
  TokenProvider,
  Verdict,
  VerifyOptions,
  WatchOptions,
  WireItem,
} from './browser.ts';
export type { GrpcWireTls } from './grpc/grpc-wire.ts';

/** Where a node is: exactly one of the three. */
export interface ConnectOptions extends ClientOptions {
  /** Address over HTTP (`https://witan.example`). */
  readonly http?: string;
  readonly fetch?: typeof fetch;
  /** `host:port` of the gRPC door. */
  readonly grpc?: string;
  /** Absent: gRPC without TLS. */
  readonly grpcTls?: GrpcWireTls | true;
  /** URL of the NATS server; `natsConnection` holds its own credentials. */
  readonly nats?: string;
  readonly natsConnection?: Readonly<Record<string, unknown>>;
}

/**
 * Makes a client. Over NATS it connects at once, over the others with the first call.
 * @throws invalid_argument for an address or credentials that cannot be used, unavailable
 * @example const client = await connect({ grpc: 'localhost:8471', apiKey })
 */
export async function connect(options: ConnectOptions): Promise<WitanClient> {
  const { http, grpc, nats, grpcTls, natsConnection, fetch: send, ...rest } = options;
  if ([http, grpc, nats].filter((address) => address !== undefined).length !== 1) {
    throw new WitanError('invalid_argument', 'a client has one transport', {
      path: 'http',
      expected: 'http, grpc or nats',
    });
  }
  if (grpc !== undefined) {
    const { grpcWire } = await import('./grpc/grpc-wire.ts');
    return new WitanClient(grpcWire({ target: grpc, tls: grpcTls }), rest);
  }
  if (nats !== undefined) {
    const { natsWire } = await import('./nats/nats-wire.ts');
    return new WitanClient(await natsWire({ url: nats, connection: natsConnection }), rest);
  }
  return connectHttp({ http: http!, ...rest, ...(send && { fetch: send }) });
}

/**
 * Keeps the offline queue in a file; each decision is on the disk before it counts as kept.
 * @throws storage_failed, verification_failed for a file that holds something else
 */
export async function fileQueueStore(file: string): Promise<QueueStore> {
  const { fileQueueStore: open } = await import('./node/file-queue-store.ts');
  return open(file);
}
