/** The gRPC door of a node: whether and where its settings ask for one. */
import { GRPC_PORT } from '../../../config/sections/doors.ts';
import type { Settings } from '../../../config/schema.ts';
import { createGrpcServer, readTlsFiles, reloadTlsOnChange } from '../../../transport/grpc/index.ts';
import type { GrpcAddress, GrpcServer, GrpcTlsFiles } from '../../../transport/grpc/index.ts';
import type { GatePort } from '../../kernel/ports/admission/gate.ts';
import type { DoorParts } from './open-doors.ts';

/** An open gRPC door. */
export interface GrpcDoor {
  readonly address: GrpcAddress;
  close(graceMs: number): Promise<void>;
}

/** Opens the door of a gateway; null where the settings ask for none. @throws already_exists, config_invalid */
export async function openGrpcDoor(parts: DoorParts, gate: GatePort): Promise<GrpcDoor | null> {
  const { grpc, node } = parts.settings;
  if (!grpc.enabled || !node.roles.includes('gateway')) return null;
  const files = tlsFiles(grpc);
  const server = makeServer(parts, gate, files);
  try {
    const address = await server.listen({ host: grpc.host, port: grpcPort(parts.settings) });
    const stopWatching = files ? watchFiles(files, server, parts) : () => undefined;
    return {
      address,
      close: (graceMs) => {
        stopWatching();
        return server.close(graceMs);
      },
    };
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

/** Several nodes on one machine ask for free HTTP ports; they must not meet at the default of this door. */
export function grpcPort({ grpc, http }: Settings): number {
  return http.port === 0 && grpc.port === GRPC_PORT ? 0 : grpc.port;
}

function makeServer(parts: DoorParts, gate: GatePort, files: GrpcTlsFiles | undefined): GrpcServer {
  const { backend, settings, telemetry } = parts;
  const { streamMaxCount, inFlightMaxCount, reflection } = settings.grpc;
  return createGrpcServer({
    backend,
    gate,
    reflection,
    limits: { streamMaxCount, inFlightMaxCount },
    tls: files && readTlsFiles(files),
    decisionMs: settings.deadlines.decisionMs,
    onDefect: (error, method) =>
      telemetry.log('error', '/grpc', 'an answer failed', {
        method,
        error: String((error as Error)?.stack ?? error),
      }),
  });
}

function watchFiles(files: GrpcTlsFiles, server: GrpcServer, { telemetry }: DoorParts): () => void {
  return reloadTlsOnChange(files, (tls) => server.reloadTls(tls), {
    onFault: (error) =>
      telemetry.log('error', '/grpc', 'new certificates were not taken', { error: String(error) }),
  });
}

function tlsFiles({
  tlsCertFile: certFile,
  tlsKeyFile: keyFile,
  tlsClientCaFile,
  tlsClientRequired: requireClientCert,
}: Settings['grpc']): GrpcTlsFiles | undefined {
  if (certFile === '') return undefined;
  const clientCaFile = tlsClientCaFile === '' ? undefined : tlsClientCaFile;
  return { certFile, keyFile, clientCaFile, requireClientCert };
}
