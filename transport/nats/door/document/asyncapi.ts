/**
 * AsyncAPI document of what a node says in messages, over NATS and over the live WebSocket: made from the
 * endpoints, the grammar of subjects and the zod schemas; there is no second description.
 * @source AsyncAPI 3.0.0
 */
import type { z } from 'zod';
import { DecisionEvent } from '../../../../contracts/messages/events.ts';
import { StreamControl, StreamGap, StreamOpened } from '../../../../contracts/messages/door/stream-frames.ts';
import { NATS_HEADERS } from '../../../../contracts/nats-headers.ts';
import { OPERATIONS } from '../../../../contracts/operations.ts';
import { DECISION_SUBJECT_EVENTS, REQUEST_ROOT, requestSubject } from '../../../../contracts/subjects.ts';
import { Nothing } from '../endpoints/decision-endpoints.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import {
  EVENT_HEADERS,
  FRAME_HEADERS,
  HEADER_SCHEMAS,
  REPLY_HEADERS,
  REQUEST_HEADERS,
} from './asyncapi-headers.ts';
import { LIVE_CHANNEL, LIVE_SERVER, liveParts } from './live-channel.ts';
import { DocumentSchemas } from './document-schemas.ts';
import type { WireForm } from '../endpoints/wire-form.ts';

type JsonObject = Record<string, unknown>;

const INFO = `Over NATS requests are sent with a reply subject; the answer comes there. Who calls is told by
\`${NATS_HEADERS.apiKey}\` or \`${NATS_HEADERS.authorization}\`; the tenant follows from that and
stands in no subject. An error is an answer with \`${NATS_HEADERS.errorStatus}\`,
\`${NATS_HEADERS.error}\` and the payload \`Error\`. A request that opens a stream is answered with
many messages on its reply subject: \`open\` first, \`end\` last, numbered by
\`${NATS_HEADERS.frameSequence}\`; whoever sees a number missing opens the stream again. Every
message of a stream has the control subject as its reply subject: there the client publishes credit
and signs of life. A message with \`x-protobuf\` also goes as that message of contracts/proto, by
\`${NATS_HEADERS.contentType}\` and \`${NATS_HEADERS.accept}\`; everything else is JSON. The channel
\`${LIVE_CHANNEL}\` is a WebSocket of the HTTP door.`;

/** Where the WebSocket is. */
const LIVE_ADDRESS = '/api/v1/live';

/** Builds the document for `endpoints`. */
export function asyncApiDocument(endpoints: readonly Endpoint[], version: string): JsonObject {
  const schemas = new DocumentSchemas();
  const channels: JsonObject = {};
  const operations: JsonObject = {};
  const messages: JsonObject = {};
  const message = (name: string, payload: z.ZodType, of: MessageForm): JsonObject => {
    messages[name] = {
      name,
      summary: of.summary,
      contentType: 'application/json',
      ...(of.headers && { headers: of.headers }),
      payload: schemas.reference(payload, `${name}.payload`),
      ...(of.wire && { 'x-protobuf': of.wire.typeName }),
    };
    return { $ref: `#/components/messages/${name}` };
  };
  messages['error'] = errorMessage();
  for (const endpoint of endpoints) addEndpoint(endpoint, { channels, operations, message });
  addControl({ channels, operations, message });
  addEvents({ channels, operations, message });
  for (const channel of Object.values(channels)) (channel as JsonObject)['servers'] = NATS_ALONE;
  const live = liveParts(LIVE_ADDRESS, message);
  channels[LIVE_CHANNEL] = live.channel;
  Object.assign(operations, live.operations);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Witan over NATS and WebSocket',
      version: version || '1',
      description: INFO,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      nats: {
        host: 'localhost:4222',
        protocol: 'nats',
        description: 'The server that the setting nats.url of a node names.',
      },
      websocket: LIVE_SERVER,
    },
    channels,
    operations,
    components: { schemas: { ...schemas.all(), ...HEADER_SCHEMAS, Error: schemas.error() }, messages },
  };
}

const NATS_ALONE = [{ $ref: '#/servers/nats' }];

interface MessageForm {
  readonly headers?: JsonObject;
  readonly summary: string;
  readonly wire?: WireForm | undefined;
}

interface Parts {
  readonly channels: JsonObject;
  readonly operations: JsonObject;
  message(name: string, payload: z.ZodType, of: MessageForm): JsonObject;
}

function addEndpoint(endpoint: Endpoint, { channels, operations, message }: Parts): void {
  const { operation } = endpoint;
  const { summary, scope } = OPERATIONS[operation];
  channels[operation] = {
    address: requestSubject(operation),
    messages: {
      request: message(`${operation}.request`, endpoint.request, {
        headers: REQUEST_HEADERS,
        summary,
        wire: endpoint.requestWire,
      }),
    },
  };
  const replies: JsonObject = { error: { $ref: '#/components/messages/error' } };
  if (endpoint.kind === 'unary') {
    const of = { headers: REPLY_HEADERS, summary: `Answer to ${operation}`, wire: endpoint.responseWire };
    replies['reply'] = message(`${operation}.reply`, endpoint.response, of);
  } else {
    const frames = {
      open: StreamOpened,
      ...endpoint.frames,
      gap: StreamGap,
      heartbeat: Nothing,
      end: Nothing,
    };
    for (const [frame, payload] of Object.entries(frames)) {
      const of = {
        headers: FRAME_HEADERS,
        summary: FRAME_SUMMARIES[frame] ?? frame,
        wire: endpoint.frameWires?.[frame],
      };
      const isOwn = frame in endpoint.frames;
      replies[frame] = message(isOwn ? `${operation}.${frame}` : `stream.${frame}`, payload, of);
    }
  }
  const replyChannel = `${operation}.reply`;
  channels[replyChannel] = { address: null, messages: replies };
  operations[operation] = {
    action: 'receive',
    channel: { $ref: `#/channels/${operation}` },
    summary,
    description: scope === null ? 'Served to everyone.' : `Needs the scope ${scope}.`,
    messages: [{ $ref: `#/channels/${operation}/messages/request` }],
    reply: {
      channel: { $ref: `#/channels/${replyChannel}` },
      messages: Object.keys(replies).map((name) => ({ $ref: `#/channels/${replyChannel}/messages/${name}` })),
    },
  };
}

const FRAME_SUMMARIES: Readonly<Record<string, string>> = {
  open: 'The stream is open; its reply subject is the control subject',
  event: 'What happened',
  snapshot: 'Everything as it is now, for one who missed events',
  work: 'A ballot is asked for',
  cancel: 'A ballot is no longer asked for',
  gap: 'Messages that this client did not get',
  heartbeat: 'Nothing happened',
  end: 'The last message; with an error in its headers and payload where the stream failed',
};

function addControl({ channels, operations, message }: Parts): void {
  const summary = 'What the client of a stream says; a ballot is sent as a request';
  channels['stream.control'] = {
    address: `${REQUEST_ROOT}.stream.{door}.{stream}`,
    parameters: {
      door: { description: 'Instance of the door; taken from the reply subject of the stream.' },
      stream: { description: 'The stream; taken from the reply subject of the stream.' },
    },
    messages: { control: message('stream.control', StreamControl, { headers: { type: 'object' }, summary }) },
  };
  const of = { headers: REPLY_HEADERS, summary: 'The ballot was taken' };
  channels['stream.control.reply'] = {
    address: null,
    messages: {
      reply: message('stream.control.reply', Nothing, of),
      error: { $ref: '#/components/messages/error' },
    },
  };
  operations['stream.control'] = {
    action: 'receive',
    channel: { $ref: '#/channels/stream.control' },
    summary,
    reply: { channel: { $ref: '#/channels/stream.control.reply' } },
  };
}

function addEvents({ channels, operations, message }: Parts): void {
  const summary = 'Events of decisions of the tenants that the setting nats.eventTenants names';
  channels['decision.events'] = {
    address: 'witan.{tenant}.decision.{decisionId}.{event}',
    parameters: {
      tenant: { description: 'A dot is written %2E; v at the head of v and digits is written %76.' },
      decisionId: { description: 'd and 32 hex digits.' },
      event: { enum: [...DECISION_SUBJECT_EVENTS] },
    },
    messages: { event: message('decision.events.event', DecisionEvent, { headers: EVENT_HEADERS, summary }) },
  };
  operations['decision.events'] = {
    action: 'send',
    channel: { $ref: '#/channels/decision.events' },
    summary,
  };
}

function errorMessage(): JsonObject {
  return {
    name: 'error',
    summary: 'A typed error',
    contentType: 'application/json',
    headers: { $ref: '#/components/schemas/ErrorHeaders' },
    payload: { $ref: '#/components/schemas/Error' },
  };
}
