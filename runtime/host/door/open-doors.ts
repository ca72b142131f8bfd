/** Every door of a node: opened together after the node is up, closed together before it ends. */
import { join } from 'node:path';
import type { Settings } from '../../../config/schema.ts';
import type { DoorBackend } from '../../../transport/door/backend.ts';
import { createHttpServer } from '../../../transport/http/index.ts';
import type { IdentityPort } from '../../kernel/ports/identity.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { PACKAGE_FOLDER, PACKAGE_VERSION } from '../package-info.ts';

/** Where the HTTP door listens. */
export interface DoorAddress {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** What doors are opened with. */
export interface DoorParts {
  readonly backend: DoorBackend;
  readonly identity: IdentityPort;
  readonly settings: Settings;
  readonly telemetry?: TelemetryPort | undefined;
}

/** Open doors. */
export interface Doors {
  readonly http: DoorAddress;
  /** Ends streams, gives answers under way `graceMs`, closes all. */
  close(graceMs: number): Promise<void>;
}

/** Opens the doors that the settings name; closes those already open when one fails. @throws already_exists, unavailable */
export async function openDoors({ backend, identity, settings, telemetry }: DoorParts): Promise<Doors> {
  const { http, features } = settings;
  const server = createHttpServer({
    backend,
    identity,
    version: PACKAGE_VERSION,
    webFolder: features.livePages ? join(PACKAGE_FOLDER, 'apps/web/live') : undefined,
    allowedHosts: http.host === '0.0.0.0' || http.host === '::' ? [] : [http.host],
    maxStreams: http.viewerMaxCount,
    onDefect: (error, url) =>
      telemetry?.log('error', '/http', 'an answer failed', {
        url,
        error: String((error as Error)?.stack ?? error),
      }),
  });
  const address = await server.listen({ host: http.host, port: http.port });
  return { http: address, close: (graceMs) => server.close(graceMs) };
}
