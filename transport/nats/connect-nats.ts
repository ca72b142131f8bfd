/** A connection to NATS with the ports that run over it. */
import type { Clock } from '../../runtime/kernel/clock.ts';
import { SystemClock } from '../../runtime/kernel/system-clock.ts';
import { JetStreamApi } from './jetstream/jetstream-api.ts';
import { openLink } from './link/client-link.ts';
import type { ClientPackage } from './link/client-package.ts';
import type { NatsConnectOptions } from './link/connect-options.ts';
import type { NatsLink } from './link/nats-link.ts';
import { NatsRequests } from './link/requests.ts';
import { NatsBus } from './ports/nats-bus.ts';
import { NatsJournal } from './ports/nats-journal.ts';
import type { NatsJournalOptions } from './ports/nats-journal.ts';
import { NatsKv } from './ports/nats-kv.ts';
import type { NatsKvOptions } from './ports/nats-kv.ts';
import { NatsWorkQueue } from './ports/nats-work-queue.ts';
import type { NatsWorkQueueOptions } from './ports/nats-work-queue.ts';

/** Client packages by the name of their setting; each is loaded by the first connection that it carries. */
export const NATS_CLIENTS = {
  'nats-io': {
    name: '@nats-io/transport-node',
    load: async () => (await import('./link/nats-io-package.ts')).natsIoPackage,
  },
  nats: { name: 'nats', load: async () => (await import('./link/nats-package.ts')).natsPackage },
} as const satisfies Record<string, { name: string; load: () => Promise<ClientPackage> }>;

/** Which client package carries a connection; docs/adr/0008 says why `nats-io` is the default. */
export type NatsClientName = keyof typeof NATS_CLIENTS;

/** How to connect. */
export interface ConnectNatsOptions extends NatsConnectOptions {
  readonly client?: NatsClientName;
  readonly clock?: Clock;
  /** Told of handlers that throw and of what the server refuses. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Time that JetStream may take to answer (default 5,000). */
  readonly jetStreamTimeoutMs?: number;
}

/** An open connection. */
export interface NatsPorts {
  readonly link: NatsLink;
  readonly requests: NatsRequests;
  readonly jetStream: JetStreamApi;
  /** A bus; several of one connection are closed one by one. */
  bus(): NatsBus;
  /** @throws not_supported (no JetStream), unavailable */
  openKv(options: NatsKvOptions): Promise<NatsKv>;
  /** @throws not_supported (no JetStream), unavailable, invalid_argument */
  openJournal(options: NatsJournalOptions): Promise<NatsJournal>;
  workQueue(options?: NatsWorkQueueOptions): NatsWorkQueue;
  /** Drains and closes the connection; the ports are unavailable from then on. Idempotent. */
  close(): Promise<void>;
}

/** Connects. @throws unavailable, unauthenticated, config_invalid */
export async function connectNats(options: ConnectNatsOptions): Promise<NatsPorts> {
  const { client = 'nats-io', clock = new SystemClock(), onError } = options;
  const link = await openLink({ ...options, clock, client: await NATS_CLIENTS[client].load() });
  const requests = new NatsRequests(link, clock);
  const jetStream = new JetStreamApi(link, requests, options.jetStreamTimeoutMs);
  return {
    link,
    requests,
    jetStream,
    bus: () => new NatsBus({ link, requests, onError }),
    openKv: (kv) => NatsKv.open(jetStream, clock, kv),
    openJournal: (journal) => NatsJournal.open(jetStream, clock, journal),
    workQueue: (queue) => new NatsWorkQueue(jetStream, clock, queue),
    async close() {
      await link.close();
      requests.close();
    },
  };
}
