/** The NATS door of a node, from its settings. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { openNatsDoor, publishEvents } from '../../../transport/nats/index.ts';
import type { EventPublisher, NatsDoor } from '../../../transport/nats/index.ts';
import type { GatePort } from '../../kernel/ports/admission/gate.ts';
import { PACKAGE_VERSION } from '../package-info.ts';
import type { DoorParts } from './open-doors.ts';

/** An open NATS door. */
export interface NodeNatsDoor {
  close(graceMs: number): Promise<void>;
}

/** Opens the door; null where roles or settings ask for none. @throws unavailable, unauthenticated, config_invalid */
export async function openNodeNatsDoor(parts: DoorParts, gate: GatePort): Promise<NodeNatsDoor | null> {
  const { backend, settings, telemetry } = parts;
  const { nats, node } = settings;
  if (nats.url === '' || !node.roles.includes('gateway')) return null;
  const door = await openNatsDoor({
    backend,
    gate,
    version: PACKAGE_VERSION,
    node: node.name,
    fallbackKey: callerKey(nats.callerKeyFile),
    maxRequests: nats.requestMaxCount,
    maxRequestBytes: nats.requestMaxBytes,
    maxStreams: nats.streamMaxCount,
    connect: {
      url: nats.url,
      name: `witan/${node.name}`,
      client: nats.client,
      credsFile: nats.credsFile,
      nkeyFile: nats.nkeyFile,
      passwordFile: nats.passwordFile,
      tlsCaFile: nats.tlsCaFile,
      tlsCertFile: nats.tlsCertFile,
      tlsKeyFile: nats.tlsKeyFile,
      onError: (error) => telemetry.log('error', '/nats', 'a handler failed', { error: String(error) }),
    },
    onLink: (event) =>
      telemetry.log(event === 'connected' ? 'info' : 'warn', '/nats', `the link is ${event}`),
    onDefect: (error, subject) =>
      telemetry.log('error', '/nats', 'an answer failed', {
        subject,
        error: String((error as Error)?.stack ?? error),
      }),
  });
  try {
    const events = await publisherOf(door, parts);
    return {
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
