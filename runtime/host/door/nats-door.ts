/** The NATS door of a node, from its settings. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { openNatsDoor, publishEvents, serverWarning } from '../../../transport/nats/index.ts';
import type { ConnectNatsOptions, EventPublisher, NatsDoor } from '../../../transport/nats/index.ts';
import type { GatePort } from '../../kernel/ports/admission/gate.ts';
import { SystemClock, SystemRandom } from '../../kernel/index.ts';
import { PACKAGE_VERSION } from '../package-info.ts';
import { tellNatsAnswers } from '../telemetry/watch-doors.ts';
import { LastingNatsDoor } from './lasting-nats-door.ts';
import type { OpenNatsDoor } from './lasting-nats-door.ts';
import type { DoorParts } from './open-doors.ts';

/**
 * Opens the door, or begins to try where the server is away; null where roles or settings ask for none.
 * @throws unauthenticated, config_invalid, not_supported (events to be kept, and no JetStream)
 */
export async function openNodeNatsDoor(parts: DoorParts, gate: GatePort): Promise<LastingNatsDoor | null> {
  const { settings, telemetry } = parts;
  const { nats, node } = settings;
  if (nats.url === '' || !node.roles.includes('gateway')) return null;
  const fallbackKey = callerKey(nats.callerKeyFile);
  telemetry.gauge('nats_connected', 0);
  return LastingNatsDoor.open({
    open: () => openOnce(parts, gate, fallbackKey),
    clock: new SystemClock(),
    random: new SystemRandom(),
    log: (level, message, fields) => telemetry.log(level, '/nats', message, fields),
  });
}

async function openOnce(
  parts: DoorParts,
  gate: GatePort,
  fallbackKey: string | undefined,
): Promise<OpenNatsDoor> {
  const { backend, settings, telemetry } = parts;
  const { nats, node } = settings;
  const door = await openNatsDoor({
    backend,
    gate,
    version: PACKAGE_VERSION,
    node: node.name,
    fallbackKey,
    maxRequests: nats.requestMaxCount,
    maxRequestBytes: nats.requestMaxBytes,
    maxStreams: nats.streamMaxCount,
    connect: {
      ...natsConnection(nats, `witan/${node.name}`),
      onError: (error) => telemetry.log('error', '/nats', 'a handler failed', { error: String(error) }),
    },
    onAnswer: tellNatsAnswers(telemetry),
    onLink: (event) => {
      telemetry.gauge('nats_connected', event === 'connected' ? 1 : 0);
      telemetry.log(event === 'connected' ? 'info' : 'warn', '/nats', `the link is ${event}`);
    },
    onDefect: (error, subject) =>
      telemetry.log('error', '/nats', 'an answer failed', {
        subject,
        error: String((error as Error)?.stack ?? error),
      }),
  });
  const warning = serverWarning(door.ports.link.server.version);
  if (warning !== undefined) telemetry.log('warn', '/nats', warning);
  try {
    const events = await publisherOf(door, parts);
    telemetry.gauge('nats_connected', 1);
    return {
      get isConnected() {
        return door.ports.link.isConnected;
      },
      async close(graceMs) {
        await events.close(graceMs);
        await door.close(graceMs);
      },
    };
  } catch (error) {
    await door.close(0);
    throw error;
  }
}

/** How to connect, from the settings; `name` is what operators of the server see. */
export function natsConnection(nats: Settings['nats'], name: string): ConnectNatsOptions {
  const { url, client, credsFile, nkeyFile, passwordFile, tlsCaFile, tlsCertFile, tlsKeyFile } = nats;
  return { url, name, client, credsFile, nkeyFile, passwordFile, tlsCaFile, tlsCertFile, tlsKeyFile };
}

function publisherOf(door: NatsDoor, { backend, settings, telemetry }: DoorParts): Promise<EventPublisher> {
  const { eventTenants, eventMaxAgeMs, eventMaxBytes } = settings.nats;
  return publishEvents({
    ports: door.ports,
    backend,
    tenants: eventTenants,
    retention: eventMaxAgeMs === 0 ? undefined : { maxAgeMs: eventMaxAgeMs, maxBytes: eventMaxBytes },
    onLost: (tenant, count) => telemetry.log('warn', '/nats', 'events were not published', { tenant, count }),
  });
}

function callerKey(file: Settings['nats']['callerKeyFile']): string | undefined {
  if (file === '') return undefined;
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key !== '') return key;
  } catch (error) {
    throw new WitanError(
      'config_invalid',
      'nats.callerKeyFile cannot be read',
      { path: 'nats.callerKeyFile' },
      error,
    );
  }
  throw new WitanError('config_invalid', 'nats.callerKeyFile is empty', { path: 'nats.callerKeyFile' });
}
