/** The HTTP transport of the client: fetch and server-sent events, in browsers and in Node. */
import { errorInBody, WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode, ErrorDetails } from '../../../contracts/errors.ts';
import { DecisionView } from '../../../contracts/messages/decision-view.ts';
import { DecisionEvent } from '../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import type {
  Wire,
  WireCallOptions,
  WireInputs,
  WireItem,
  WireOperation,
  WireRate,
  WireReply,
} from '../wire.ts';
import { readServerEvents } from './server-events.ts';

/** Options of the transport. */
export interface HttpWireOptions {
  /** Address of the node (`https://witan.example`). */
  readonly url: string;
  /** Default: the platform's own. */
  readonly fetch?: typeof fetch | undefined;
}

interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest answer that is read, bytes. */
const ANSWER_MAX_BYTES = 67_108_864;

const at = (id: string): string => encodeURIComponent(id);
const page = ({
  cursor,
  limit,
}: {
  cursor?: string | undefined;
  limit?: number | undefined;
}): HttpRequest['query'] & object => ({
  cursor,
  limit,
});

/** Address and body of each operation. */
const REQUESTS: { readonly [O in WireOperation]: (input: WireInputs[O]) => HttpRequest } = {
  'decision.evaluate': ({ request, respondAsync }) => ({
    method: 'POST',
    path: '/api/v1/decisions/evaluate',
    body: request,
    ...(respondAsync && { headers: { prefer: 'respond-async' } }),
  }),
  'decision.read': ({ decisionId }) => ({ method: 'GET', path: `/api/v1/decisions/${at(decisionId)}` }),
  'decision.list': ({ outcome, type, ...rest }) => ({
    method: 'GET',
    path: '/api/v1/decisions',
    query: { ...page(rest), outcome, type },
  }),
  'decision.proof': ({ decisionId }) => ({
    method: 'GET',
    path: `/api/v1/decisions/${at(decisionId)}/proof`,
  }),
  'decision.verify': ({ decisionId }) => ({
    method: 'GET',
    path: `/api/v1/decisions/${at(decisionId)}/verify`,
  }),
  'agent.list': () => ({ method: 'GET', path: '/api/v1/agents' }),
  'agent.activity': ({ agentId, ...rest }) => ({
    method: 'GET',
    path: `/api/v1/agents/${at(agentId)}/activity`,
    query: page(rest),
  }),
  'review.queue': (input) => ({ method: 'GET', path: '/api/v1/review', query: page(input) }),
  'review.resolve': ({ decisionId, ...body }) => ({
    method: 'POST',
    path: `/api/v1/decisions/${at(decisionId)}/resolution`,
    body,
  }),
  'key.list': () => ({ method: 'GET', path: '/api/v1/keys' }),
  'key.create': (body) => ({ method: 'POST', path: '/api/v1/keys', body }),
  'key.rotate': ({ id, ...body }) => ({ method: 'POST', path: `/api/v1/keys/${at(id)}/rotate`, body }),
  'key.revoke': ({ id, ...body }) => ({ method: 'POST', path: `/api/v1/keys/${at(id)}/revoke`, body }),
  'health.read': () => ({ method: 'GET', path: '/ready' }),
};

/** Opens nothing yet: each call is a request of its own. */
export function httpWire(options: HttpWireOptions): Wire {
  return new HttpWire(options);
}

class HttpWire implements Wire {
  readonly name = 'http';
  readonly #url: string;
  readonly #fetch: typeof fetch;

  constructor({ url, fetch: send }: HttpWireOptions) {
    if (!/^https?:\/\/[^/?#]+(\/[^?#]*)?$/.test(url)) {
      throw new WitanError('invalid_argument', 'not the address of a node', {
        path: 'http',
        expected: 'https://name',
      });
    }
    this.#url = url.replace(/\/+$/, '');
    // A browser's fetch must be called on the window.
    this.#fetch = send ?? ((input, init) => fetch(input, init));
  }

  async call<O extends WireOperation>(
    operation: O,
    input: WireInputs[O],
    options: WireCallOptions,
  ): Promise<WireReply> {
    const request = REQUESTS[operation](input);
    const response = await this.#send(request, options);
    // A node that is not ready says so in the same form.
    const isAnswer = response.ok || (operation === 'health.read' && response.status === 503);
    if (!isAnswer) throw await errorOf(response);
    const rate = rateOf(response.headers);
    return { body: await jsonOf(response), ...(rate && { rate }) };
  }

  async *follow(
    { decisionId, afterSequence }: { readonly decisionId: DecisionId | null; readonly afterSequence: number },
    options: WireCallOptions,
  ): AsyncGenerator<WireItem> {
    const path = decisionId === null ? '/api/v1/events' : `/api/v1/decisions/${at(decisionId)}/events`;
    const query = decisionId === null ? {} : { after: afterSequence };
    const response = await this.#send(
      { method: 'GET', path, query, headers: { accept: 'text/event-stream' } },
      options,
    );
    if (!response.ok || !response.body) throw await errorOf(response);
    try {
      for await (const { name, data } of readServerEvents(response.body)) yield itemOf(name, data);
    } catch (error) {
      if (error instanceof WitanError) throw error;
      throw new WitanError('unavailable', `the stream from ${this.#url} broke`, {}, error);
    }
  }

  async close(): Promise<void> {}

  async #send(request: HttpRequest, { credential, signal, traceparent }: WireCallOptions): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers };
    if (credential.apiKey !== undefined) headers['x-api-key'] = credential.apiKey;
    if (credential.token !== undefined) headers['authorization'] = `Bearer ${credential.token}`;
    if (traceparent !== undefined) headers['traceparent'] = traceparent;
    const hasBody = request.body !== undefined;
    if (hasBody) headers['content-type'] = 'application/json';
    const query = Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined);
    const text =
      query.length === 0 ? '' : `?${String(new URLSearchParams(query.map(([k, v]) => [k, String(v)])))}`;
    try {
      return await this.#fetch(`${this.#url}${request.path}${text}`, {
        method: request.method,
        headers,
        signal,
        redirect: 'error',
        ...(hasBody && { body: JSON.stringify(request.body) }),
      });
    } catch (error) {
      throw new WitanError('unavailable', `no node answers at ${this.#url}`, {}, error);
    }
  }
}

function itemOf(name: string, data: string): WireItem {
  const value: unknown = JSON.parse(data);
  if (name === 'error')
    throw errorInBody(value) ?? new WitanError('unavailable', 'the node ended the stream');
  if (name === 'snapshot') return { kind: 'snapshot', view: parseMessage(DecisionView, value) };
  if (name === 'gap') {
    const { resumeAfter } = value as { resumeAfter?: unknown };
    return { kind: 'gap', resumeAfter: typeof resumeAfter === 'number' ? resumeAfter : 0 };
  }
  return { kind: 'event', event: parseMessage(DecisionEvent, value) };
}

function rateOf(headers: Headers): WireRate | undefined {
  const [remaining, reset] = [headers.get('ratelimit-remaining'), headers.get('ratelimit-reset')];
  if (remaining === null || reset === null) return undefined;
  return { remaining: Number(remaining), resetMs: Number(reset) * 1_000 };
}

async function jsonOf(response: Response): Promise<unknown> {
  if (Number(response.headers.get('content-length') ?? 0) > ANSWER_MAX_BYTES) {
    throw new WitanError('too_large', 'the answer is too large', {
      expected: `at most ${ANSWER_MAX_BYTES} bytes`,
    });
  }
  try {
    return await response.json();
  } catch (error) {
    throw new WitanError('unavailable', 'the answer broke off or is no JSON', {}, error);
  }
}

async function errorOf(response: Response): Promise<WitanError> {
  const own = errorInBody(await response.json().catch(() => undefined));
  const details: ErrorDetails = { ...own?.details };
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  if (details.retryAfterMs === undefined && Number.isFinite(retryAfter))
    details.retryAfterMs = retryAfter * 1_000;
  if (own) return new WitanError(own.code, own.message, details);
  // Something between us and the node answered.
  return new WitanError(codeOfStatus(response.status), `the server answers ${response.status}`, details);
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'permission_denied';
  if (status === 404) return 'not_found';
  if (status === 413) return 'too_large';
  if (status === 429) return 'rate_limited';
  if (status === 504) return 'deadline_exceeded';
  return status >= 500 ? 'unavailable' : 'invalid_argument';
}
