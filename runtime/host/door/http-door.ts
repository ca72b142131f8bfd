/** The HTTP door of a node: which sockets its roles and settings ask for. */
import { join } from 'node:path';
import { networkOf } from '../../../config/network.ts';
import type { Settings } from '../../../config/schema.ts';
import { createHttpServer, ENGINE_ROUTES } from '../../../transport/http/index.ts';
import type { HttpAddress, HttpServer, HttpServerOptions, Route } from '../../../transport/http/index.ts';
import { createLiveDoor } from '../../../transport/ws/index.ts';
import type { GatePort } from '../../kernel/ports/admission/gate.ts';
import { PACKAGE_FOLDER, PACKAGE_VERSION } from '../package-info.ts';
import { tellAnswers } from '../telemetry/watch-doors.ts';
import type { DoorParts } from './open-doors.ts';
import { requestOf } from '../telemetry/recorded-calls.ts';

/** An open HTTP door. */
export interface HttpDoor {
  /** The main socket; of a node without the role gateway the first of its capabilities. */
  readonly address: HttpAddress;
  readonly server: HttpServer;
}

type Role = Settings['node']['roles'][number];

/** Role that runs each capability that has a port of its own (SBX-01, EVO-01, AUD-01, POL-01). */
const CAPABILITY_ROLES: Readonly<Record<keyof Settings['ports'], Role>> = {
  sandbox: 'sandbox',
  evolution: 'control',
  audit: 'ledger',
  policy: 'platform',
};

/**
 * Ports that a node listens on: a gateway serves everything on one, any other node the ports of its
 * capabilities; none where it has neither.
 */
export function httpPorts({ node, http, ports }: Settings): number[] {
  if (node.roles.includes('gateway')) return [http.port];
  const names = Object.keys(CAPABILITY_ROLES) as (keyof Settings['ports'])[];
  return names.filter((name) => node.roles.includes(CAPABILITY_ROLES[name])).map((name) => ports[name]);
}

/** Opens the sockets; closes those already open when one fails. Null where the roles ask for none. */
export async function openHttpDoor(parts: DoorParts, gate: GatePort): Promise<HttpDoor | null> {
  const { settings } = parts;
  const ports = httpPorts(settings);
  if (ports.length === 0) return null;
  const server = makeServer(parts, gate);
  const { host, redirectPort } = settings.http;
  try {
    const addresses: HttpAddress[] = [];
    for (const port of ports) addresses.push(await server.listen({ host, port }));
    const [address] = addresses as [HttpAddress];
    if (redirectPort !== 0) await server.redirect({ host, port: redirectPort }, address);
    return { address, server };
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

/** Endpoints of the engines that this node runs, and of no others. */
function engineRoutes({ node }: Settings): Route[] {
  const engines = Object.keys(ENGINE_ROUTES) as (keyof typeof ENGINE_ROUTES)[];
  const own = engines.filter((engine) => node.roles.includes(CAPABILITY_ROLES[engine]));
  return own.flatMap((engine) => ENGINE_ROUTES[engine]);
}

/** HTTP and the live WebSockets, which come in on the same sockets and end first. */
function makeServer({ backend, settings, telemetry, onRequest }: DoorParts, gate: GatePort): HttpServer {
  const { http, features, signIn } = settings;
  const publicOrigin = signIn.publicUrl === '' ? undefined : new URL(signIn.publicUrl).origin;
  const isAnyAddress = http.host === '0.0.0.0' || http.host === '::';
  const onDefect = (error: unknown, url: string): void =>
    telemetry.log('error', '/http', 'an answer failed', {
      url,
      error: String((error as Error)?.stack ?? error),
    });
  const shared = {
    backend,
    gate,
    allowedHosts: isAnyAddress ? http.allowedHosts : [http.host, ...http.allowedHosts],
    trustedProxies: http.trustedProxies,
    publicOrigin,
  };
  const tell = tellAnswers(telemetry, settings);
  const live = createLiveDoor({
    ...shared,
    isSecure: http.tlsCertFile !== '',
    limits: { clientMaxCount: http.viewerMaxCount },
    onCount: (count) => telemetry.gauge('web_sockets', count, { service: 'live' }),
    onDefect: (error) => onDefect(error, '/api/v1/live'),
  });
  const server = createHttpServer({
    ...shared,
    version: PACKAGE_VERSION,
    webFolder: features.livePages ? join(PACKAGE_FOLDER, 'apps/web/live') : undefined,
    maxStreams: http.viewerMaxCount,
    routes: engineRoutes(settings),
    connections: connectionsOf(settings, telemetry),
    tls: http.tlsCertFile === '' ? undefined : tlsFiles(http),
    onUpgrade: (request, socket, head) => live.upgrade(request, socket, head),
    onAnswer: (answer) => {
      tell(answer);
      onRequest(requestOf(answer));
    },
    onDefect,
  });
  return {
    ...server,
    close: (graceMs) => {
      live.close();
      return server.close(graceMs);
    },
  };
}

/** A connection has no caller yet: it is counted and logged, and the record is not burdened with it. */
function connectionsOf(
  { http, admission }: Settings,
  telemetry: DoorParts['telemetry'],
): NonNullable<HttpServerOptions['connections']> {
  return {
    addressMaxCount: http.addressConnectionMaxCount,
    limitLoopback: admission.limitLoopback,
    onRefused: (address) => {
      const network = networkOf(address, { v4: 24, v6: 48 });
      telemetry.count('gate_denials', 1, { code: 'rate_limited' });
      telemetry.log('warn', '/http', 'an address holds too many connections', { network });
    },
  };
}

function tlsFiles({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: Settings['http']): {
  certFile: string;
  keyFile: string;
  clientCaFile?: string;
} {
  const files = { certFile: tlsCertFile, keyFile: tlsKeyFile };
  return tlsClientCaFile === '' ? files : { ...files, clientCaFile: tlsClientCaFile };
}
