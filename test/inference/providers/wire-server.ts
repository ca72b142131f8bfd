/**
 * A local server that speaks the published wire formats of three providers, strictly: a request that the
 * provider would refuse is refused here, with the provider's own form of an error.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** What the server answers next. */
export type Turn =
  | { readonly kind: 'json'; readonly json: unknown }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'cut-off' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS?: number }
  /** Bytes that are no answer of the format. */
  | { readonly kind: 'raw'; readonly text: string }
  /** Nothing, until the caller leaves. */
  | { readonly kind: 'hang' };

const OpenAiRequest = z.strictObject({
  model: z.string().min(1),
  messages: z.tuple([
    z.strictObject({ role: z.literal('system'), content: z.string().min(1) }),
    z.strictObject({ role: z.literal('user'), content: z.string().min(1) }),
  ]),
  temperature: z.literal(0),
  max_completion_tokens: z.int().positive().optional(),
  max_tokens: z.int().positive().optional(),
  response_format: z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
      strict: z.literal(true),
      // Strict mode wants every object closed and every property required.
      schema: z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) }),
    }),
  }),
});
const AnthropicRequest = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().positive(),
  temperature: z.number(),
  system: z.string(),
  messages: z.array(z.strictObject({ role: z.literal('user'), content: z.string() })).length(1),
  tools: z
    .array(z.strictObject({ name: z.string(), description: z.string(), input_schema: z.looseObject({}) }))
    .length(1),
  tool_choice: z.strictObject({ type: z.literal('tool'), name: z.string() }),
});
const GoogleRequest = z.strictObject({
  systemInstruction: z.strictObject({ parts: z.array(z.strictObject({ text: z.string() })) }),
  contents: z.array(
    z.strictObject({ role: z.literal('user'), parts: z.array(z.strictObject({ text: z.string() })) }),
  ),
  generationConfig: z.strictObject({
    temperature: z.number(),
    maxOutputTokens: z.int().positive(),
    responseMimeType: z.literal('application/json'),
    responseSchema: z.looseObject({}),
  }),
});

interface Said {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/** See the head of the file. */
export class WireServer {
  /** Bodies that came, oldest first. */
  readonly asked: unknown[] = [];
  readonly #server: Server;
  readonly #turns: Turn[] = [];
  #always: Turn = { kind: 'json', json: {} };

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<WireServer> {
    const server = new WireServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers so from now on, once `next` is used up. */
  always(turn: Turn): void {
    this.#always = turn;
  }

  /** Answers so once each, in this order. */
  next(...turns: Turn[]): void {
    this.#turns.push(...turns);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(parts).toString() || 'null');
    this.asked.push(body);
    const turn = this.#turns.shift() ?? this.#always;
    if (turn.kind === 'hang') return;
    const said = turn.kind === 'raw' ? undefined : this.#answer(request, body, turn);
    response.writeHead(said?.status ?? 200, { 'content-type': 'application/json', ...said?.headers });
    response.end(turn.kind === 'raw' ? turn.text : JSON.stringify(said!.body));
  }

  #answer({ url = '', headers }: IncomingMessage, body: unknown, turn: Turn): Said {
    if (url === '/v1/chat/completions') return openAi(headers, body, turn);
    if (url === '/v1/messages') return anthropic(headers, body, turn);
    if (/^\/v1beta\/models\/[^/]+:generateContent$/.test(url)) return google(headers, body, turn);
    return { status: 404, body: { error: { message: `no route ${url}` } } };
  }
}

type Headers = IncomingMessage['headers'];

function retryHeader(turn: Turn): Record<string, string> {
  const seconds = turn.kind === 'status' ? turn.retryAfterS : undefined;
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

function openAi(headers: Headers, body: unknown, turn: Turn): Said {
  const fault = (status: number, message: string): Said => ({
    status,
    body: { error: { message, type: 'invalid_request_error', param: null, code: null } },
    headers: retryHeader(turn),
  });
  if (headers.authorization !== 'Bearer the-key') return fault(401, 'Incorrect API key provided');
  const { data, error } = OpenAiRequest.safeParse(body);
  if (!data) return fault(400, error.issues[0]!.message);
  if (turn.kind === 'status') return fault(turn.status, 'as the test wants it');
  const choice = {
    json: turn.kind === 'json' ? { content: JSON.stringify(turn.json), refusal: null } : undefined,
    refusal: { content: null, refusal: 'I cannot help with that.' },
    'cut-off': { content: '{"sta', refusal: null },
  }[turn.kind as 'json' | 'refusal' | 'cut-off'];
  const end = turn.kind === 'cut-off' ? 'length' : 'stop';
  return {
    status: 200,
    body: {
      ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_790_000_000, model: `${data.model}-2026` },
      choices: [{ index: 0, message: { role: 'assistant', ...choice }, logprobs: null, finish_reason: end }],
      usage: { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 },
    },
  };
}

function anthropic(headers: Headers, body: unknown, turn: Turn): Said {
  const fault = (status: number, type: string, message: string): Said => ({
    ...{ status, body: { type: 'error', error: { type, message } } },
    headers: retryHeader(turn),
  });
  if (headers['x-api-key'] !== 'the-key') return fault(401, 'authentication_error', 'invalid x-api-key');
  if (headers['anthropic-version'] === undefined)
    return fault(400, 'invalid_request_error', 'anthropic-version: header is required');
  const { data, error } = AnthropicRequest.safeParse(body);
  if (!data) return fault(400, 'invalid_request_error', error.issues[0]!.message);
  if (turn.kind === 'status') return fault(turn.status, 'overloaded_error', 'as the test wants it');
  const input = turn.kind === 'json' ? turn.json : {};
  const ends = { refusal: 'refusal', 'cut-off': 'max_tokens', json: 'tool_use' } as const;
  return {
    status: 200,
    body: {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: data.model },
      content: [{ type: 'tool_use', id: 'toolu_1', name: data.tool_choice.name, input }],
      ...{ stop_reason: ends[turn.kind as keyof typeof ends], stop_sequence: null },
      usage: { input_tokens: 120, output_tokens: 30 },
    },
  };
}

function google(headers: Headers, body: unknown, turn: Turn): Said {
  const fault = (code: number, message: string): Said => {
    const delay = turn.kind === 'status' ? turn.retryAfterS : undefined;
    const kind = 'type.googleapis.com/google.rpc.RetryInfo';
    const details = delay === undefined ? [] : [{ '@type': kind, retryDelay: `${delay}s` }];
    return { status: code, body: { error: { code, message, status: 'FAILED', details } } };
  };
  if (headers['x-goog-api-key'] !== 'the-key') return fault(403, 'API key not valid');
  const { success, error } = GoogleRequest.safeParse(body);
  if (!success) return fault(400, error.issues[0]!.message);
  if (JSON.stringify(body).includes('additionalProperties'))
    return fault(400, 'Unknown name "additionalProperties"');
  if (turn.kind === 'status') return fault(turn.status, 'as the test wants it');
  if (turn.kind === 'refusal')
    return { status: 200, body: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: {} } };
  const text = turn.kind === 'json' ? JSON.stringify(turn.json) : '{"sta';
  return {
    status: 200,
    body: {
      candidates: [
        {
          content: { role: 'model', parts: [{ text }] },
          finishReason: turn.kind === 'cut-off' ? 'MAX_TOKENS' : 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 30, totalTokenCount: 150 },
      modelVersion: 'gemini-2026',
    },
  };
}
