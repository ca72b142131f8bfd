/** Form of one endpoint: what it takes, what it gives, what it does. AsyncAPI is made from the same data. */
import type { z } from 'zod';
import type { OperationName } from '../../../../contracts/operations.ts';
import type { Ballot } from '../../../../contracts/messages/ballot.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../../../door/backend.ts';
import type { CallHeaders } from '../call-headers.ts';
import type { StreamSession } from '../stream-session.ts';
import type { WireForm } from './wire-form.ts';

/** One call, admitted and parsed. */
export interface NatsCall<I> {
  readonly input: I;
  readonly principal: Principal;
  readonly backend: DoorBackend;
  readonly headers: CallHeaders;
  /** Aborts at the deadline and when the door gives the call up. */
  readonly signal: AbortSignal;
  readonly traceparent: string | undefined;
}

interface EndpointForm<I> {
  readonly operation: OperationName;
  readonly request: z.ZodType<I>;
  /** Parses the body when the schema alone is not enough. */
  parse?(value: unknown): I;
  /** Protobuf form of the body; absent: JSON alone. */
  readonly requestWire?: WireForm;
}

/** Request and reply. */
export interface UnaryEndpoint<I = unknown> extends EndpointForm<I> {
  readonly kind: 'unary';
  readonly response: z.ZodType;
  readonly responseWire?: WireForm;
  handle(call: NatsCall<I>): unknown;
}

/** What a stream's endpoint does while the stream is open. */
export interface StreamSide {
  /** The stream has ended. */
  stop(): void;
  /** Messages were dropped and the client reads again: begin anew with what it needs. */
  recover?(): Promise<void>;
  onBallot?(ballot: Ballot): Promise<void>;
  onDecline?(decisionId: DecisionId, detail: string): void;
}

/** A request that opens a stream of messages to its reply subject. */
export interface StreamEndpoint<I = unknown> extends EndpointForm<I> {
  readonly kind: 'stream';
  /** Schema of each frame that this stream sends beside `open`, `gap`, `heartbeat` and `end`. */
  readonly frames: Readonly<Record<string, z.ZodType>>;
  readonly frameWires?: Readonly<Record<string, WireForm>>;
  start(call: NatsCall<I>, session: StreamSession): Promise<StreamSide>;
}

/** One endpoint of the door. */
export type Endpoint<I = unknown> = UnaryEndpoint<I> | StreamEndpoint<I>;

/** Declares request and reply, with types inferred from the schemas. */
export function unary<I>(definition: Omit<UnaryEndpoint<I>, 'kind'>): Endpoint {
  return { kind: 'unary', ...definition } as unknown as Endpoint;
}

/** Declares a stream, with types inferred from the schemas. */
export function stream<I>(definition: Omit<StreamEndpoint<I>, 'kind'>): Endpoint {
  return { kind: 'stream', ...definition } as unknown as Endpoint;
}
