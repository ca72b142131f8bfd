/** The NATS door: every operation on its subject. It parses, asks the gate and answers; it decides nothing. */
import { randomBytes } from 'node:crypto';
import { OPERATIONS } from '../../../contracts/operations.ts';
import { requestSubject, streamPattern } from '../../../contracts/subjects.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { GatePort } from '../../../runtime/kernel/ports/admission/gate.ts';
import { SystemClock } from '../../../runtime/kernel/system-clock.ts';
import type { DoorBackend } from '../../door/backend.ts';
import { connectNats } from '../connect-nats.ts';
import type { ConnectNatsOptions, NatsPorts } from '../connect-nats.ts';
import type { LinkEvent, LinkSubscription } from '../link/nats-link.ts';
import { endpointName, NATS_ENDPOINTS } from './endpoints/all-endpoints.ts';
import { EndpointStats } from './endpoint-stats.ts';
import { OpenStreams } from './open-streams.ts';
import { RequestDesk } from './request-desk.ts';
import type { NatsAnswer } from './request-desk.ts';
import { announceService } from './service-discovery.ts';
import { STREAM_LIMITS } from './stream-session.ts';
import type { StreamLimits } from './stream-session.ts';

/** What the door is given. */
export interface NatsDoorOptions {
  readonly connect: ConnectNatsOptions;
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  /** Version of the program; semantic. */
  readonly version: string;
  readonly node: string;
  /** Doors of this group share the requests (default `witan-gateway`). */
  readonly queueGroup?: string;
  /** API key that stands for callers who name nothing; absent: they are refused like any stranger. */
  readonly fallbackKey?: string | undefined;
  /** Requests under way at once (default 1,000); past it `overloaded`. */
  readonly maxRequests?: number;
  /** Bytes of their bodies (default 67,108,864). */
  readonly maxRequestBytes?: number;
  /** Streams open at once (default 1,000). */
  readonly maxStreams?: number;
  readonly streamLimits?: StreamLimits;
  readonly clock?: Clock;
  /** Told of every answered request. */
  onAnswer?(answer: NatsAnswer): void;
  /** Gets every answer that is a defect of ours. */
  onDefect?(error: unknown, subject: string): void;
  /** Told when the connection goes and comes. */
  onLink?(event: LinkEvent): void;
}

/** An open door. */
export interface NatsDoor {
  /** Its id among the instances of the service. */
  readonly id: string;
  /** The connection, for what else the node says to the same server. */
  readonly ports: NatsPorts;
  /** Requests under way, and open streams. */
  readonly load: { readonly requests: number; readonly streams: number };
  /** Takes nothing new, ends streams, gives answers under way `graceMs` (default 2,000). Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** Connects and serves. @throws unavailable, unauthenticated, config_invalid */
export async function openNatsDoor(options: NatsDoorOptions): Promise<NatsDoor> {
  const { clock = new SystemClock(), maxStreams = 1_000, queueGroup = 'witan-gateway' } = options;
  const ports = await connectNats({ ...options.connect, clock });
  const { link } = ports;
  const id = randomBytes(16).toString('hex');
  const onDefect = (error: unknown): void => options.onDefect?.(error, 'witan.v1.stream');
  const streams = new OpenStreams(link, maxStreams, onDefect);
  const desk = new RequestDesk({
    ...options,
    clock,
    link,
    streams,
    doorId: id,
    streamLimits: options.streamLimits ?? STREAM_LIMITS,
  });
  const subscriptions: LinkSubscription[] = [];
  const endpoints = NATS_ENDPOINTS.map((endpoint) => {
    const stats = new EndpointStats();
    const subject = requestSubject(endpoint.operation);
    const serve = desk.serverOf(endpoint, stats);
    subscriptions.push(link.subscribe(subject, serve, queueGroup));
    const { summary, scope } = OPERATIONS[endpoint.operation];
    const metadata = { summary, scope: scope ?? '', kind: endpoint.kind };
    return { name: endpointName(endpoint), subject, queueGroup, metadata, stats };
  });
  const control = link.subscribe(streamPattern(id), (message) => streams.take(message));
  link.onEvent((event) => {
    // What was sent meanwhile would be missing: the clients open their streams again.
    if (event !== 'connected') streams.endAll();
    options.onLink?.(event);
  });
  subscriptions.push(
    ...announceService(link, {
      name: 'witan',
      id,
      version: options.version,
      description: 'Council that decides on what AI systems are about to do',
      metadata: { node: options.node },
      startedAt: new Date(clock.wallMs()).toISOString(),
      endpoints,
    }),
  );
  await link.flush();
  let closing: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(subscriptions.map((subscription) => subscription.drain().catch(() => undefined)));
    streams.endAll(new WitanError('unavailable', 'the node stops', { retryAfterMs: 1_000 }));
    await desk.settled(graceMs);
    control.unsubscribe();
    await ports.close();
  };
  return {
    id,
    ports,
    get load() {
      return { requests: desk.openCount, streams: streams.count };
    },
    close: (graceMs = 2_000) => (closing ??= close(graceMs)),
  };
}
