/** The gRPC door: grpc-js around a backend. It decodes, asks the gate and answers; it decides nothing. */
import type { DescService } from '@bufbuild/protobuf';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { WitanError } from '../../contracts/errors.ts';
import { Agents } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { Operator } from '../../contracts/proto/gen/witan/v1/operator_service_pb.ts';
import type { GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import type { DoorBackend } from '../door/backend.ts';
import { withOwnTrailers } from './error-status.ts';
import { gatedSink } from './gated-service.ts';
import { NodeHealth } from './health.ts';
import type { GrpcLimits } from './limits.ts';
import { GRPC_LIMITS } from './limits.ts';
import type { DoorContext, GrpcMethod } from './method.ts';
import { OpenStreams } from './open-streams.ts';
import { addReflection } from './reflection.ts';
import { serviceDefinition } from './service-definition.ts';
import { agentMethods } from './services/agents.ts';
import { councilMethods } from './services/council.ts';
import { operatorMethods } from './services/operator.ts';
import type { GrpcTls } from './tls.ts';
import { ReloadableCredentials } from './tls.ts';

/** What the door is given; everything but backend and gate has a default. */
export interface GrpcServerOptions {
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  readonly limits?: Partial<GrpcLimits>;
  /** Absent: plain text. */
  readonly tls?: GrpcTls | undefined;
  /** Time of a decision whose request names none, ms (default 5,000). */
  readonly decisionMs?: number;
  /** Whether the services describe themselves (default yes). */
  readonly reflection?: boolean;
  /** Gets every answer that is a defect of ours. */
  onDefect?(error: unknown, method: string): void;
}

/** Where the door listens. */
export interface GrpcAddress {
  readonly host: string;
  readonly port: number;
  /** As clients take it (`127.0.0.1:8471`). */
  readonly target: string;
}

/** A door that can be opened and closed once. */
export interface GrpcServer {
  /** Opens the socket. @throws already_exists when the port is taken, unavailable otherwise */
  listen(address: { readonly host: string; readonly port: number }): Promise<GrpcAddress>;
  /**
   * Takes new certificates into use for connections to come; those that stand go on.
   * @throws config_invalid (the old ones stay), not_supported without TLS
   */
  reloadTls(tls: GrpcTls): void;
  /** Streams that are open. */
  readonly streamCount: number;
  /**
   * Ends streams, gives calls under way `graceMs` (default 2,000), closes. Safe at any time, also twice.
   */
  close(graceMs?: number): Promise<void>;
}

/** Every service of the door with its methods. */
export const GRPC_SERVICES: readonly {
  readonly desc: DescService;
  readonly methods: readonly GrpcMethod[];
}[] = [
  { desc: Council, methods: councilMethods },
  { desc: Agents, methods: agentMethods },
  { desc: Operator, methods: operatorMethods },
];

/** Builds the door; no socket is open yet. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const limits = { ...GRPC_LIMITS, ...options.limits };
  const server = new Server({ ...channelOptions(limits), interceptors: [withOwnTrailers] });
  const credentials = options.tls
    ? new ReloadableCredentials(options.tls)
    : ServerCredentials.createInsecure();
  const door: DoorContext = {
    backend: options.backend,
    gate: options.gate,
    limits,
    decisionMs: options.decisionMs ?? 5_000,
    streams: new OpenStreams(limits.streamMaxCount),
    ...(options.onDefect && { onDefect: options.onDefect.bind(options) }),
  };
  for (const { desc, methods } of GRPC_SERVICES)
    server.addService(serviceDefinition(desc), handlers(methods, door));
  const health = new NodeHealth(
    options.backend,
    GRPC_SERVICES.map(({ desc }) => desc.typeName),
  );
  health.addTo(gatedSink(server, door, { operation: 'health.read', before: () => health.refresh() }));
  if (options.reflection !== false) {
    const sink = gatedSink(server, door, { operation: 'document.read' });
    addReflection(
      sink,
      GRPC_SERVICES.map(({ desc }) => desc.file),
    );
  }
  let closing: Promise<void> | undefined;
  return {
    listen: (address) => listen(server, credentials, address),
    reloadTls: (tls) => {
      if (!(credentials instanceof ReloadableCredentials)) {
        throw new WitanError('not_supported', 'the gRPC door was opened without TLS', {
          path: 'grpc.tlsCertFile',
        });
      }
      credentials.reload(tls);
    },
    get streamCount() {
      return door.streams.count;
    },
    close: (graceMs = 2_000) => {
      closing ??= close({ server, health, door }, graceMs);
      return closing;
    },
  };
}

function channelOptions(limits: GrpcLimits): ConstructorParameters<typeof Server>[0] {
  return {
    'grpc.max_receive_message_length': limits.messageMaxBytes,
    // What we send is ours: a long record must reach its reader.
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.connectionCallMaxCount,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_idle_ms': limits.idleMs,
    'grpc.enable_channelz': 0,
  };
}

function handlers(methods: readonly GrpcMethod[], door: DoorContext): UntypedServiceImplementation {
  return Object.fromEntries(
    methods.map((method) => [method.desc.localName, method.install(door)]),
  ) as unknown as UntypedServiceImplementation;
}

function listen(
  server: Server,
  credentials: ServerCredentials,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<GrpcAddress> {
  const name = host.includes(':') ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${name}:${port}`, credentials, (error, bound) => {
      if (!error) return resolve({ host, port: bound, target: `${name}:${bound}` });
      // The library tells the cause in its text alone.
      const isTaken = error.message.includes('EADDRINUSE');
      const code = isTaken ? 'already_exists' : 'unavailable';
      return reject(new WitanError(code, `cannot listen on ${name}:${port}`, { path: 'grpc.port' }, error));
    });
  });
}

interface Closing {
  readonly server: Server;
  readonly health: NodeHealth;
  readonly door: DoorContext;
}

async function close({ server, health, door }: Closing, graceMs: number): Promise<void> {
  health.close();
  door.streams.close();
  await new Promise<void>((resolve) => {
    const limit = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(limit);
      resolve();
    });
  });
}
