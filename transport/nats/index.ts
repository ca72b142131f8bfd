/** NATS: ports over it, and the door for other systems. */
export { connectNats, NATS_CLIENTS } from './connect-nats.ts';
export type { ConnectNatsOptions, NatsClientName, NatsPorts } from './connect-nats.ts';
export { asyncApiDocument } from './door/document/asyncapi.ts';
export { publishEvents } from './door/event-publisher.ts';
export type { EventPublisher } from './door/event-publisher.ts';
export { openNatsDoor } from './door/nats-door.ts';
export type { NatsDoor, NatsDoorOptions } from './door/nats-door.ts';
export type { NatsAnswer } from './door/request-desk.ts';
export { clusterStreams, nodeInbox } from './security/cluster-streams.ts';
export { PRODUCTION_SERVER, serverWarning } from './security/server-version.ts';
export type { NatsJournalOptions } from './ports/nats-journal.ts';
export type { NatsKvOptions } from './ports/nats-kv.ts';
export type { NatsWorkQueueOptions } from './ports/nats-work-queue.ts';
