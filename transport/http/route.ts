/** Form of one endpoint: what it takes, what it gives, what it does. OpenAPI is made from the same data. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../door/backend.ts';
import type { EventStream } from './event-stream.ts';

/** What a handler is given: everything already parsed and authenticated. */
export interface RouteCall<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly principal: Principal;
  readonly backend: DoorBackend;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Takes the answer over as server-sent events; `onClose` runs once. */
  openStream(onClose: () => void): EventStream;
}

/** One endpoint. `handle` returns the JSON body, or undefined when it took the answer over. */
export interface Route<P = unknown, Q = unknown, B = unknown> {
  readonly method: 'GET' | 'POST';
  /** Fastify pattern; OpenAPI gets `{name}` for `:name`. */
  readonly url: string;
  readonly operationId: string;
  readonly summary: string;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** Parses the body when the schema alone is not enough. */
  parseBody?(value: unknown): B;
  /** Answer by status; `stream` stands for server-sent events. */
  readonly responses: Readonly<Record<string, z.ZodType | 'stream'>>;
  /** False: answered without a known caller. */
  readonly authenticated?: boolean;
  handle(call: RouteCall<P, Q, B>): Promise<unknown> | unknown;
}

/** Declares an endpoint, with its types inferred from its schemas. */
export function route<P, Q, B>(definition: Route<P, Q, B>): Route {
  return definition as unknown as Route;
}
