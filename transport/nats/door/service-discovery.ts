/**
 * Answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, so that `nats micro` and any client find the door.
 *
 * The services part of the client packages makes subscriptions and queues of its own; ours stand already.
 * @source NATS ADR-32 (service API)
 */
import type { LinkSubscription, NatsLink } from '../link/nats-link.ts';
import type { EndpointStats } from './endpoint-stats.ts';

/** An endpoint as it is announced. */
export interface AnnouncedEndpoint {
  readonly name: string;
  readonly subject: string;
  readonly queueGroup: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly stats: EndpointStats;
}

/** The service as it is announced. */
export interface AnnouncedService {
  /** Letters, digits, `-` and `_`. */
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endpoints: readonly AnnouncedEndpoint[];
}

type Verb = 'PING' | 'INFO' | 'STATS';

const encoder = new TextEncoder();

/** Starts to answer; the subscriptions end with the link, or one by one. */
export function announceService(link: NatsLink, service: AnnouncedService): LinkSubscription[] {
  const subscriptions: LinkSubscription[] = [];
  for (const verb of ['PING', 'INFO', 'STATS'] as const) {
    for (const suffix of ['', `.${service.name}`, `.${service.name}.${service.id}`]) {
      const subscription = link.subscribe(`$SRV.${verb}${suffix}`, ({ replyTo }) => {
        if (replyTo === undefined) return;
        link.publish(replyTo, encoder.encode(JSON.stringify(response(verb, service))));
      });
      subscriptions.push(subscription);
    }
  }
  return subscriptions;
}

function response(verb: Verb, service: AnnouncedService): object {
  const { name, id, version, metadata, endpoints } = service;
  const head = { name, id, version, metadata };
  if (verb === 'PING') return { type: 'io.nats.micro.v1.ping_response', ...head };
  const listed = endpoints.map((one) => ({
    name: one.name,
    subject: one.subject,
    queue_group: one.queueGroup,
    ...(verb === 'INFO' ? { metadata: one.metadata } : one.stats.report()),
  }));
  if (verb === 'INFO') {
    const { description } = service;
    return { type: 'io.nats.micro.v1.info_response', ...head, description, endpoints: listed };
  }
  return { type: 'io.nats.micro.v1.stats_response', ...head, started: service.startedAt, endpoints: listed };
}
