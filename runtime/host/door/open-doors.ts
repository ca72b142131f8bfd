/** Every door of a node: opened together after the node is up, closed together before it ends. */
import type { Settings } from '../../../config/schema.ts';
import type { HealthCheck } from '../../../contracts/messages/decision-view.ts';
import type { DoorBackend } from '../../../transport/door/backend.ts';
import type { GrpcAddress } from '../../../transport/grpc/index.ts';
import type { HttpAddress } from '../../../transport/http/index.ts';
import type { GatePort } from '../../kernel/ports/admission/gate.ts';
import type { NodeTelemetry } from '../../telemetry/node-telemetry.ts';
import { watchGate } from '../telemetry/watch-doors.ts';
import { recordedGate } from '../telemetry/recorded-calls.ts';
import type { OnRequest } from '../telemetry/recorded-calls.ts';
import { openGrpcDoor } from './grpc-door.ts';
import { openHttpDoor } from './http-door.ts';
import { openMetricsDoor } from './metrics-door.ts';
import { openNodeNatsDoor } from './nats-door.ts';

/** What doors are opened with. */
export interface DoorParts {
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  readonly settings: Settings;
  readonly telemetry: NodeTelemetry;
  /** What of requests goes on the record. */
  readonly onRequest: OnRequest;
}

/** Open doors. */
export interface Doors {
  /** Null on a node whose roles ask for no HTTP. */
  readonly http: HttpAddress | null;
  /** Null where roles or settings ask for no gRPC. */
  readonly grpc: GrpcAddress | null;
  /** Doors that may be away while the node works: NATS. */
  health(): HealthCheck[];
  /** Ends streams, gives answers under way `graceMs`, closes all. */
  close(graceMs: number): Promise<void>;
}

/**
 * Opens the doors that roles and settings name; closes those already open when one fails. A node without the
 * role gateway serves HTTP alone, on the ports of its capabilities. A NATS server that is away is waited for
 * in the background. @throws already_exists, config_invalid, unauthenticated (by the NATS server)
 */
export async function openDoors(parts: DoorParts): Promise<Doors> {
  const gate = watchGate(recordedGate(parts.gate, parts.onRequest), parts.telemetry, parts.settings);
  await openMetricsDoor(parts, gate);
  const http = await openHttpDoor(parts, gate);
  try {
    const grpc = await openGrpcDoor(parts, gate);
    const nats = await openNodeNatsDoor(parts, gate).catch(async (error: unknown) => {
      await grpc?.close(0);
      throw error;
    });
    return {
      http: http?.address ?? null,
      grpc: grpc?.address ?? null,
      health: () => (nats ? [nats.health()] : []),
      close: async (graceMs) => {
        await Promise.all([http?.server.close(graceMs), grpc?.close(graceMs), nats?.close(graceMs)]);
      },
    };
  } catch (error) {
    await http?.server.close(0);
    throw error;
  }
}
