/** The live WebSocket in the AsyncAPI document: every message both ways, from the schemas that its door parses. */
import type { z } from 'zod';
import {
  LIVE_LIMITS,
  LIVE_PROTOCOLS,
  LiveMessage,
  LiveRequest,
} from '../../../../contracts/messages/door/live.ts';
import { OPERATIONS } from '../../../../contracts/operations.ts';

type JsonObject = Record<string, unknown>;

/** Name of the channel, and the beginning of the names of its messages. */
export const LIVE_CHANNEL = 'live';

/** Adds a message to the document; gives the reference to it. */
type AddMessage = (name: string, payload: z.ZodType, of: { readonly summary: string }) => JsonObject;

const REQUESTS: Readonly<Record<LiveRequest['type'], string>> = {
  subscribe: 'Follows one decision, or all of the tenant; resumes after `since` of `feed` where that is held',
  unsubscribe: 'Ends the following of one feed',
};

const ANSWERS: Readonly<Record<LiveMessage['type'], string>> = {
  hello: 'The first message: what the node keeps to',
  snapshot: 'Everything as it is at `sequence`, for one who is new or was too slow',
  resumed: 'The feed goes on after `sequence`',
  events: 'What happened, in order and without gaps',
  end: 'Nothing follows on this feed',
  error:
    'A typed error; one that ends the connection is followed by its close code, 4000 and the HTTP status',
};

/** Server object of the WebSocket. */
export const LIVE_SERVER: JsonObject = {
  host: 'localhost:8470',
  protocol: 'ws',
  description: 'The HTTP listener of a node; wss where it has a certificate.',
};

const HEADERS: JsonObject = {
  type: 'object',
  properties: {
    'X-API-Key': { type: 'string', description: 'API key of the caller.' },
    Authorization: { type: 'string', pattern: '^Bearer .+$', description: 'Token of the caller.' },
    'Sec-WebSocket-Protocol': {
      type: 'string',
      description: `${LIVE_PROTOCOLS.join(' or ')}; a browser adds bearer.<token> as another one.`,
    },
    traceparent: { type: 'string', description: 'W3C trace context.' },
  },
};

const { requestBytes, subscriptionCount } = LIVE_LIMITS;
const INFO = `One JSON text a message, of at most ${requestBytes} bytes from the client. A client
subscribes to feeds, ${subscriptionCount} at most: one decision, or all of its tenant. Each begins with
\`snapshot\`, or with \`resumed\` where the client came back in time; then \`events\` follow. Who
falls behind gets a new \`snapshot\`. Pings of the node must be answered, as every WebSocket does by
itself.`;

/** The channel and its two operations. */
export function liveParts(
  address: string,
  message: AddMessage,
): { channel: JsonObject; operations: JsonObject } {
  const messages: JsonObject = {};
  const names = (options: readonly TypedMessage[], summaries: Readonly<Record<string, string>>): string[] =>
    options.map((payload) => {
      const type = payload.shape.type.value;
      messages[type] = message(`${LIVE_CHANNEL}.${type}`, payload, { summary: summaries[type]! });
      return type;
    });
  const requests = names(LiveRequest.options, REQUESTS);
  const answers = names(LiveMessage.options, ANSWERS);
  const operation = (action: 'send' | 'receive', summary: string, of: readonly string[]): JsonObject => ({
    action,
    channel: { $ref: `#/channels/${LIVE_CHANNEL}` },
    summary,
    messages: of.map((name) => ({ $ref: `#/channels/${LIVE_CHANNEL}/messages/${name}` })),
  });
  const { summary, scope } = OPERATIONS['decision.follow-all'];
  return {
    channel: {
      address,
      servers: [{ $ref: '#/servers/websocket' }],
      summary,
      description: `${INFO} Needs the scope ${scope}.`,
      messages,
      bindings: { ws: { method: 'GET', headers: HEADERS, bindingVersion: '0.1.0' } },
    },
    operations: {
      [`${LIVE_CHANNEL}.requests`]: operation('receive', 'What a client says', requests),
      [`${LIVE_CHANNEL}.messages`]: operation('send', 'What the node says', answers),
    },
  };
}

type TypedMessage = z.ZodObject<{ type: z.ZodLiteral<string> }>;
