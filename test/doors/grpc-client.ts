/** A gRPC client for tests: promises for unary calls, raw streams for the rest, errors as they came. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type {
  DescMessage,
  DescMethod,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import type { ChannelOptions, ClientDuplexStream, ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { ErrorSchema } from '../../contracts/proto/gen/witan/v1/errors_pb.ts';
import type { Error as ErrorMessage } from '../../contracts/proto/gen/witan/v1/errors_pb.ts';

/** How one call is made. */
export interface CallExtras {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

/** What a failed call said, in one line of values. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly details: string;
  readonly error: ErrorMessage | undefined;
}

type Method<I extends DescMessage, O extends DescMessage> = DescMethod & {
  readonly input: I;
  readonly output: O;
};

/** Client of any service of the door. */
export class GrpcTestClient {
  readonly raw: Client;

  constructor(
    target: string,
    credentials = ChannelCredentials.createInsecure(),
    options: ChannelOptions = {},
  ) {
    this.raw = new Client(target, credentials, {
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    extras: CallExtras = {},
  ): Promise<MessageShape<O>> {
    return this.bytes(pathOf(method), toBinary(method.input, create(method.input, request)), extras).then(
      (answer) => fromBinary(method.output, answer),
    );
  }

  /** Sends bytes as they are. */
  bytes(path: string, request: Uint8Array, extras: CallExtras = {}): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.raw.makeUnaryRequest(
        path,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => bytes,
        request,
        metadataOf(extras),
        optionsOf(extras),
        (error, value) => (error ? reject(error) : resolve(value!)),
      );
    });
  }

  serverStream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    extras: CallExtras = {},
  ): ClientReadableStream<MessageShape<O>> {
    return this.raw.makeServerStreamRequest(
      pathOf(method),
      (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      create(method.input, request),
      metadataOf(extras),
      optionsOf(extras),
    );
  }

  bothStream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    extras: CallExtras = {},
  ): ClientDuplexStream<MessageInitShape<I>, MessageShape<O>> {
    return this.raw.makeBidiStreamRequest(
      pathOf(method),
      (message: MessageInitShape<I>) => Buffer.from(toBinary(method.input, create(method.input, message))),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      metadataOf(extras),
      optionsOf(extras),
    );
  }

  close(): void {
    this.raw.close();
  }
}

/** What a rejected call or an ended stream said. */
export function failureOf(thrown: unknown): Failure {
  const { code, details, metadata } = thrown as ServiceError;
  const bytes = metadata?.get('witan-error-bin')[0];
  return {
    status: code,
    code: String(metadata?.get('witan-code')[0] ?? ''),
    details,
    error: bytes instanceof Buffer ? fromBinary(ErrorSchema, bytes) : undefined,
  };
}

/** The failure of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<Failure> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return failureOf(outcome.error);
  throw new Error('the call succeeded');
}

/** Messages of a stream as they come; `ended` tells how it ended, undefined for well. */
export function reading<M>(stream: ClientReadableStream<M> | ClientDuplexStream<never, M>): {
  readonly messages: M[];
  next(count: number): Promise<M[]>;
  readonly ended: Promise<Failure | undefined>;
} {
  const messages: M[] = [];
  let waiting: (() => void) | undefined;
  const ended = new Promise<Failure | undefined>((resolve) => {
    stream.on('error', (error) => resolve(failureOf(error)));
    stream.on('end', () => setImmediate(() => resolve(undefined)));
  });
  stream.on('data', (message: M) => {
    messages.push(message);
    waiting?.();
  });
  return {
    messages,
    ended,
    next: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (messages.length >= count) resolve(messages.slice(0, count));
        };
        waiting = check;
        check();
      }),
  };
}

/** Path of a method on the wire. */
export function pathOf(method: DescMethod): string {
  return `/${(method.parent satisfies DescService).typeName}/${method.name}`;
}

function metadataOf({ metadata = {} }: CallExtras): Metadata {
  const made = new Metadata();
  for (const [key, value] of Object.entries(metadata)) made.set(key, value);
  return made;
}

function optionsOf({ deadlineMs }: CallExtras): { deadline?: number } {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}
