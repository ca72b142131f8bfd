/** Form of one endpoint: what it takes, what it gives, what it does. OpenAPI is made from the same data. */
import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { JsonLimits } from '../../contracts/parse-json.ts';
import type { OperationName } from '../../contracts/operations.ts';
import type { Credentials, Principal } from '../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../door/backend.ts';
import type { SessionCookies } from './caller/session-cookies.ts';
import type { EventStream } from './event-stream.ts';

/** What a handler may say of its answer beside the body. */
export interface RouteReply {
  /** Status of the answer (default 200). */
  code(status: number): this;
  /** One header more; the name in lower case. */
  header(name: string, value: string): this;
  /** Answers with something that is not JSON; the handler then returns undefined. */
  give(content: string | Buffer, mediaType: string): void;
}

/** What a handler is given: everything already admitted, parsed and authenticated. */
export interface RouteCall<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly principal: Principal;
  /** What the caller showed; the gate has looked at it. */
  readonly credentials: Credentials;
  /** Origin at which the caller reached the node, as `https://witan.example`. */
  readonly origin: string;
  readonly cookies: SessionCookies;
  /** W3C trace context to hand on; undefined where nobody traces. */
  readonly traceparent: string | undefined;
  readonly backend: DoorBackend;
  readonly request: { readonly headers: IncomingHttpHeaders };
  readonly reply: RouteReply;
  /** Aborts when the client is gone; made when first asked for. */
  readonly signal: AbortSignal;
  /** Takes the answer over as server-sent events; `onClose` runs once. */
  openStream(onClose: () => void): EventStream;
}

/** One endpoint. `handle` returns the JSON body, or undefined when it took the answer over. */
export interface Route<P = unknown, Q = unknown, B = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Fastify pattern; OpenAPI gets `{name}` for `:name`. */
  readonly url: string;
  /** What the gate is asked for; its scope stands in the table of operations. */
  readonly operation: OperationName;
  readonly operationId: string;
  readonly summary: string;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** Limits of its body, below those of the door. */
  readonly bodyLimits?: JsonLimits;
  /** Media type of a body that is text and no JSON; the handler gets it decoded. */
  readonly bodyType?: string;
  /** Parses the body when the schema alone is not enough. */
  parseBody?(value: unknown): B;
  /** Form of its errors: ours, or that of Open Policy Agent with ours inside (default `witan`). */
  readonly errorForm?: 'witan' | 'opa';
  /** Answer by status; `stream` stands for server-sent events, `text` for plain text, `bytes` for octets. */
  readonly responses: Readonly<Record<string, z.ZodType | 'stream' | 'text' | 'bytes'>>;
  handle(call: RouteCall<P, Q, B>): Promise<unknown> | unknown;
}

/** Declares an endpoint, with its types inferred from its schemas. */
export function route<P, Q, B>(definition: Route<P, Q, B>): Route {
  return definition as unknown as Route;
}
