/** Outbound HTTP over the platform's fetch: allowed origins, time limit, size limit, no redirects. */
import { WitanError } from '../../contracts/errors.ts';
import { createBudget } from '../kernel/budget.ts';
import type { Clock } from '../kernel/clock.ts';
import type { HttpAnswer, HttpOutPort, HttpRequest } from '../kernel/ports/http-out.ts';

/** Settings of {@link HttpOut}. */
export interface HttpOutOptions {
  readonly clock: Clock;
  /** Origins that may be called: `https://api.example.com`, with port where it is not the scheme's own. */
  readonly allowedOrigins: readonly string[];
}

const DEFAULT_MAX_BYTES = 1_048_576;

/** {@link HttpOutPort}; a redirect is handed back as it is, so that it cannot leave the allowed origins. */
export class HttpOut implements HttpOutPort {
  readonly #clock: Clock;
  readonly #allowed: ReadonlySet<string>;

  /** @throws config_invalid for an entry that is not an http or https origin */
  constructor({ clock, allowedOrigins }: HttpOutOptions) {
    this.#clock = clock;
    this.#allowed = new Set(allowedOrigins.map(parseOrigin));
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const url = this.#allowedUrl(request.url);
    const budget = createBudget(this.#clock, request.timeoutMs, request.signal);
    try {
      if (budget.signal.aborted) throw budget.signal.reason;
      const answer = await fetch(url, {
        method: request.method,
        headers: { ...request.headers },
        // A copy on a plain ArrayBuffer: fetch does not take views of shared memory.
        body: request.body === undefined ? null : new Uint8Array(request.body),
        redirect: 'manual',
        signal: budget.signal,
      });
      const body = await readBody(answer, request.maxBytes ?? DEFAULT_MAX_BYTES);
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body };
    } catch (error) {
      throw toSendError(error, budget.signal, url.host);
    } finally {
      budget.release();
    }
  }

  #allowedUrl(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || url.username !== '' || url.password !== '') {
      throw new WitanError('invalid_argument', 'not a URL without credentials', {
        path: 'url',
        expected: 'an absolute URL',
      });
    }
    if (!this.#allowed.has(url.origin)) {
      throw new WitanError('permission_denied', `calls to ${url.origin} are not allowed`, {
        origin: url.origin,
      });
    }
    return url;
  }
}

function parseOrigin(entry: string): string {
  const url = URL.canParse(entry) ? new URL(entry) : undefined;
  const isOrigin =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    (entry === url.origin || entry === `${url.origin}/`);
  if (isOrigin) return url.origin;
  throw new WitanError('config_invalid', `not an origin: ${entry}`, {
    expected: 'https://host or https://host:port',
  });
}

async function readBody(answer: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  // Leaving the loop by an error cancels the stream, so the rest is never read.
  for await (const chunk of answer.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new WitanError('too_large', `the answer has more than ${maxBytes} bytes`, { maxBytes });
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function toSendError(error: unknown, signal: AbortSignal, host: string): WitanError {
  if (error instanceof WitanError) return error;
  if (signal.aborted) {
    if (signal.reason instanceof WitanError) return signal.reason;
    return new WitanError('cancelled', 'the caller gave the request up', {}, signal.reason);
  }
  return new WitanError('unavailable', `${host} does not answer`, {}, error);
}
