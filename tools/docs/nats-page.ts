/** `docs/reference/nats.md` and `asyncapi.json`: every subject and message of the NATS door. */
import { NATS_HEADERS } from '../../contracts/nats-headers.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import { asyncApiDocument } from '../../transport/nats/index.ts';
import { NATS_ENDPOINTS } from '../../transport/nats/door/endpoints/all-endpoints.ts';
import { code, pageHead, table } from './markdown.ts';
import { schemaText } from './schema-text.ts';
import type { Schema } from './schema-text.ts';

interface Message {
  readonly summary: string;
  readonly payload: { readonly $ref: string };
  readonly 'x-protobuf'?: string;
}

interface Document {
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema & { description?: string }>>;
    readonly messages: Readonly<Record<string, Message>>;
  };
}

const LEAD = `The same, and the messages of the WebSocket \`/api/v1/live\`, as an AsyncAPI 3
document: [asyncapi.json](asyncapi.json); a door answers with it on \`witan.v1.document.read\`.
A node with the role gateway opens the door where \`nats.url\` is set. Doors share the requests as
the queue group \`witan-gateway\` and answer
\`$SRV.PING\`, \`$SRV.INFO\` and \`$SRV.STATS\`, so that \`nats micro ls\` shows them.`;

const CALL = `Send a request with a reply subject. A server of NATS does not tell a service whose
connection a message came from, so the message says who calls; without credentials only
\`health.read\` and \`document.read\` are served, unless \`nats.callerKeyFile\` names a key that
stands for such callers. Let nobody but the doors subscribe to \`witan.v1.>\`: requests carry
credentials. An inbox of a prefix of its own, which others may not subscribe to, keeps a caller's
answers to itself.

An error is an answer with \`${NATS_HEADERS.errorStatus}\` and \`${NATS_HEADERS.error}\`; its body
is \`{"error": {code, message, retryable, details}}\`, see [errors.md](errors.md). No text of a user
stands in a subject, and the tenant comes from who calls.

Bodies are JSON, or protobuf where a protobuf message is named below: \`${NATS_HEADERS.contentType}:
application/x-protobuf\` says it of the body, \`${NATS_HEADERS.accept}\` asks for it. The messages
are those of contracts/proto.`;

const STREAMS = `A request that opens a stream is answered with many messages on its reply subject;
the header \`${NATS_HEADERS.frame}\` says what each is. \`open\` comes first. The reply subject of
every message is the control subject of the stream: there the client publishes \`{"type": "credit",
"count": n}\` for \`n\` more messages, \`{"type": "alive"}\` within \`idleMs\` while it has nothing
else to say, and \`{"type": "cancel"}\` to end. An outside agent also casts \`{"type": "ballot",
"ballot": …}\` as a request, and declines. \`open\`, \`heartbeat\` and \`end\` need no credit. A
client that is too slow gets \`gap\`, then \`snapshot\` where there is one, then what comes after.
Messages are numbered by \`${NATS_HEADERS.frameSequence}\`: when one is missing, or no heartbeat
comes for twice \`heartbeatMs\`, open the stream again, after the last \`${NATS_HEADERS.sequence}\`.
A stream ends with the credential that opened it: \`end\` then carries the headers and the body of an error.
\`decision.evaluate-stream\` has no subject: a caller sends as many requests as it likes.`;

/** The document as it is checked in. */
export function asyncApiText(): string {
  return `${JSON.stringify(asyncApiDocument(NATS_ENDPOINTS, ''), null, 2)}\n`;
}

/** Text of the page. */
export function natsPage(): string {
  const { components } = asyncApiDocument(NATS_ENDPOINTS, '') as unknown as Document;
  const rows = NATS_ENDPOINTS.map(({ operation, kind }) => [
    code(`witan.v1.${operation}`),
    OPERATIONS[operation].summary,
    code(OPERATIONS[operation].scope ?? ''),
    payloadText(components, `${operation}.request`),
    kind === 'stream' ? 'stream' : payloadText(components, `${operation}.reply`),
    wireText(components, `${operation}.request`, `${operation}.reply`),
  ]);
  const frames = NATS_ENDPOINTS.flatMap((endpoint) =>
    endpoint.kind === 'stream'
      ? Object.keys(endpoint.frames).map((frame) => [
          code(endpoint.operation),
          code(frame),
          payloadText(components, `${endpoint.operation}.${frame}`),
          wireText(components, `${endpoint.operation}.${frame}`),
        ])
      : [],
  );
  return [
    pageHead('NATS', '`transport/nats/door` and `contracts/messages`', LEAD),
    `## Requests\n\n${CALL}\n`,
    table(['subject', 'what it does', 'scope', 'body', 'answer', 'protobuf'], rows),
    `## Headers\n`,
    headerTable(components.schemas, 'RequestHeaders', 'of a request'),
    headerTable(components.schemas, 'ReplyHeaders', 'of an answer'),
    headerTable(components.schemas, 'FrameHeaders', 'of a message of a stream'),
    `## Streams\n\n${STREAMS}\n`,
    table(['stream', 'frame', 'body', 'protobuf'], frames),
    `## Published events\n\n${EVENTS}\n`,
  ].join('\n');
}

const EVENTS = `The events of decisions of the tenants in \`nats.eventTenants\` are published on the
subjects of [subjects.md](subjects.md), one [DecisionEvent](http.md#decisionevent) each. With
\`nats.eventMaxAgeMs\` they are also kept, acknowledged and tried again, in a JetStream stream of
each tenant, \`WITAN_EVENTS_<tenant>\`, up to that age and \`nats.eventMaxBytes\`, without the words of
ballots and persons: no erasure reaches a server's files. Those are read by decision and seat. Whoever the
server lets subscribe reads them: give each tenant an account or a permission of its own.`;

function headerTable(schemas: Document['components']['schemas'], name: string, of: string): string {
  const rows = Object.entries(schemas[name]?.properties ?? {}).map(([header, schema]) => [
    code(header),
    (schema as { description?: string }).description ?? '',
    schemaText({ ...schema, pattern: undefined } as Schema),
  ]);
  return table([`header ${of}`, 'meaning', 'value'], rows);
}

function wireText({ messages }: Document['components'], ...names: string[]): string {
  return names.map((name) => code(messages[name]?.['x-protobuf'] ?? '')).filter(Boolean).join(' → ');
}

function payloadText({ schemas, messages }: Document['components'], name: string): string {
  const reference = messages[name]?.payload.$ref ?? '';
  const schema = reference.slice(reference.lastIndexOf('/') + 1);
  const isNamed = /^[A-Z]/.test(schema);
  if (isNamed) return `[${schema}](asyncapi.json)`;
  return schemaText(schemas[schema] ?? {}).replaceAll(/\[(\w+)\]\(#\w+\)/g, '[$1](asyncapi.json)');
}
