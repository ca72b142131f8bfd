/** Form of one method: which operation it is, what it does. Bytes, gate, errors and streams are handled here. */
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { readMessage } from '../../contracts/proto/convert/read-message.ts';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { OperationName } from '../../contracts/operations.ts';
import type { GatePass, GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../door/backend.ts';
import { lifeOf } from './call-life.ts';
import type { CallLife } from './call-life.ts';
import { credentialsOf, traceparentOf } from './credentials.ts';
import type { CallerOfCall } from './credentials.ts';
import { errorStatus } from './error-status.ts';
import type { GrpcLimits } from './limits.ts';
import type { OpenStreams } from './open-streams.ts';
import { Outgoing } from './outgoing.ts';

/** What every method is given by the door. */
export interface DoorContext {
  readonly backend: DoorBackend;
  readonly gate: GatePort;
  readonly limits: GrpcLimits;
  /** Time of a decision whose request names none, ms. */
  readonly decisionMs: number;
  readonly streams: OpenStreams;
  /** Gets every answer that is a defect of ours. */
  onDefect?(error: unknown, method: string): void;
}

/** One call, admitted. */
export interface Call extends CallLife {
  readonly door: DoorContext;
  readonly backend: DoorBackend;
  readonly principal: Principal;
  /** Trace context of the caller, as the gate continued it. */
  readonly traceparent: string | undefined;
}

/** One call of a client that sends many messages. */
export interface StreamCall<I, O> extends Call {
  readonly outgoing: Outgoing<O>;
  /** Decoded messages go to `onMessage`; `hold(true)` stops reading until `hold(false)`. */
  readonly incoming: Incoming<I>;
  /** Asks the gate for a further operation of the same caller. */
  admit(operation: OperationName, bodyBytes?: number): GatePass | Promise<GatePass>;
}

/** Messages of the client, in order. */
export interface Incoming<I> {
  /** Starts reading; `onEnd` when the client has sent all. A throw of either ends the call with it. */
  read(listener: { onMessage(message: I, bytes: number): void; onEnd(): void }): void;
  hold(on: boolean): void;
}

/** One method, ready to be installed. */
export interface GrpcMethod {
  readonly desc: DescMethod;
  readonly operation: OperationName;
  install(door: DoorContext): (...args: never[]) => void;
}

/** A method with one request and one answer. */
export function unary<I extends DescMessage, O extends DescMessage>(
  desc: DescMethod & { readonly input: I; readonly output: O },
  operation: OperationName,
  handle: (request: MessageShape<I>, call: Call) => Promise<MessageInitShape<O>>,
): GrpcMethod {
  const answer = async (call: ServerUnaryCall<Buffer, unknown>, door: DoorContext): Promise<unknown> => {
    const life = lifeOf(call);
    const pass = await admit(call, door, { operation, bodyBytes: call.request.byteLength });
    try {
      const request = readMessage(desc.input, call.request);
      const { backend } = door;
      return create(desc.output, await handle(request, { ...life, door, backend, ...callerOf(pass) }));
    } finally {
      pass.release();
    }
  };
  return {
    desc,
    operation,
    install: (door) => (call: ServerUnaryCall<Buffer, unknown>, callback: sendUnaryData<unknown>) => {
      answer(call, door).then(
        (value) => callback(null, value),
        (error: unknown) => callback(failed(error, desc, door)),
      );
    },
  };
}

/** A method whose answer is a stream; `handle` returns what ends it. */
export function serverStream<I extends DescMessage, O extends DescMessage>(
  desc: DescMethod & { readonly input: I; readonly output: O },
  operation: OperationName,
  handle: (
    request: MessageShape<I>,
    call: Call & { readonly outgoing: Outgoing<MessageShape<O>> },
  ) => Promise<() => void>,
): GrpcMethod {
  return {
    desc,
    operation,
    install: (door) => (stream: ServerWritableStream<Buffer, unknown>) => {
      const parts = { stream, door, desc, operation, bodyBytes: stream.request.byteLength };
      openStream<MessageShape<O>>(parts, (call) => handle(readMessage(desc.input, stream.request), call));
    },
  };
}

/** A method with a stream both ways; `handle` returns what ends it. */
export function bothStream<I extends DescMessage, O extends DescMessage>(
  desc: DescMethod & { readonly input: I; readonly output: O },
  operation: OperationName,
  handle: (call: StreamCall<MessageShape<I>, MessageShape<O>>) => Promise<() => void>,
): GrpcMethod {
  return {
    desc,
    operation,
    install: (door) => (stream: ServerDuplexStream<Buffer, unknown>) => {
      openStream<MessageShape<O>>({ stream, door, desc, operation }, (call) =>
        handle({
          ...call,
          incoming: incomingOf(stream, desc.input, (error) => call.outgoing.end(error)),
          admit: (further, bodyBytes) => admitCall(stream, door, { operation: further, bodyBytes }),
        }),
      );
    },
  };
}

function callerOf({ principal, traceparent }: GatePass): Pick<Call, 'principal' | 'traceparent'> {
  return { principal, traceparent };
}

interface StreamParts {
  readonly stream: ServerWritableStream<Buffer, unknown> | ServerDuplexStream<Buffer, unknown>;
  readonly door: DoorContext;
  readonly desc: DescMethod;
  readonly operation: OperationName;
  readonly bodyBytes?: number;
}

function openStream<O>(
  { stream, door, desc, operation, bodyBytes }: StreamParts,
  start: (call: Call & { readonly outgoing: Outgoing<O> }) => Promise<() => void>,
): void {
  const note = (error: unknown): WitanError => noted(error, desc, door);
  const outgoing = new Outgoing<O>(stream, { stallMs: door.limits.stallMs, note });
  const life = lifeOf(stream);
  const run = async (): Promise<void> => {
    const pass = await admit(stream, door, { operation, bodyBytes });
    const leave = door.streams.enter((error) => outgoing.end(error), pass);
    pass.onEnd((why) => outgoing.end(why));
    try {
      const { backend } = door;
      const stop = await start({ ...life, door, backend, ...callerOf(pass), outgoing });
      await outgoing.over;
      stop();
    } finally {
      leave();
    }
  };
  run().catch((error: unknown) => outgoing.end(error));
}

function incomingOf<I extends DescMessage>(
  stream: ServerDuplexStream<Buffer, unknown>,
  desc: I,
  fail: (error: unknown) => void,
): Incoming<MessageShape<I>> {
  let isOver = false;
  const guarded = (work: () => void): void => {
    if (isOver) return;
    try {
      work();
    } catch (error) {
      isOver = true;
      fail(error);
    }
  };
  return {
    read: ({ onMessage, onEnd }) => {
      stream.on('data', (bytes: Buffer) =>
        guarded(() => onMessage(readMessage(desc, bytes), bytes.byteLength)),
      );
      stream.once('end', () => guarded(onEnd));
    },
    hold: (on) => void (on ? stream.pause() : stream.resume()),
  };
}

interface Admission {
  readonly operation: OperationName;
  readonly bodyBytes?: number | undefined;
}

function admitCall(
  call: CallerOfCall,
  door: DoorContext,
  admission: Admission,
): GatePass | Promise<GatePass> {
  const { operation, bodyBytes } = admission;
  const traceparent = traceparentOf(call);
  return door.gate.admit({
    operation,
    credentials: credentialsOf(call),
    ...(bodyBytes !== undefined && { bodyBytes }),
    ...(traceparent !== undefined && { traceparent }),
  });
}

/** Lets a call in. @throws as the gate */
export async function admit(call: CallerOfCall, door: DoorContext, admission: Admission): Promise<GatePass> {
  return admitCall(call, door, admission);
}

function failed(error: unknown, desc: DescMethod, door: DoorContext): ReturnType<typeof errorStatus> {
  return errorStatus(noted(error, desc, door));
}

function noted(thrown: unknown, desc: DescMethod, door: DoorContext): WitanError {
  const error = toWitanError(thrown);
  if (error.code === 'internal') door.onDefect?.(error.cause ?? error, methodPath(desc));
  return error;
}

/** Path of a method on the wire (`/witan.v1.Council/Evaluate`). */
export function methodPath(desc: DescMethod): string {
  return `/${desc.parent.typeName}/${desc.name}`;
}
