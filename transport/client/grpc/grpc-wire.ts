/** The gRPC transport of the client (grpc-js): unary calls and the Watch stream of `witan.v1.Council`. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { ChannelCredentials, Client, Metadata, status } from '@grpc/grpc-js';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { ERROR_CODES, WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode, ErrorDetails } from '../../../contracts/errors.ts';
import { DecisionView } from '../../../contracts/messages/decision-view.ts';
import { DecisionEvent } from '../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import { Council } from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { WatchResponse } from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { ErrorSchema } from '../../../contracts/proto/gen/witan/v1/errors_pb.ts';
import type { Wire, WireCallOptions, WireInputs, WireItem, WireOperation, WireReply } from '../wire.ts';
import { CALLS } from './grpc-calls.ts';
import type { GrpcCall } from './grpc-calls.ts';

/** Where the gRPC door is. */
export interface GrpcWireOptions {
  /** `host:port`. */
  readonly target: string;
  /** PEM files' contents; absent: no TLS. `true`: the authorities of this machine. */
  readonly tls?: GrpcWireTls | true | undefined;
}

/** Keys of a TLS connection. */
export interface GrpcWireTls {
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

/** Largest message that is taken, bytes. */
const MESSAGE_MAX_BYTES = 67_108_864;

/** Opens a channel; it connects at the first call. */
export function grpcWire(options: GrpcWireOptions): Wire {
  return new GrpcWire(options);
}

class GrpcWire implements Wire {
  readonly name = 'grpc';
  readonly #client: Client;

  constructor({ target, tls }: GrpcWireOptions) {
    this.#client = new Client(target, credentialsOf(tls), {
      // Repetitions are the client's own: it knows what may be repeated.
      'grpc.enable_retries': 0,
      'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
    });
  }

  async call<O extends WireOperation>(
    operation: O,
    input: WireInputs[O],
    options: WireCallOptions,
  ): Promise<WireReply> {
    const call = CALLS[operation] as GrpcCall<WireInputs[O]> | null;
    if (call === null) {
      throw new WitanError('not_supported', `${operation} is not to be had over gRPC`, {
        expected: 'HTTP or NATS',
      });
    }
    const answer = await this.#unary(call.method, call.request(input), options);
    return { body: call.answer(answer) };
  }

  async *follow(
    { decisionId, afterSequence }: { readonly decisionId: DecisionId | null; readonly afterSequence: number },
    options: WireCallOptions,
  ): AsyncGenerator<WireItem> {
    const { input, output } = Council.method.watch;
    const of = decisionId === null ? {} : { decisionId, afterSequence: BigInt(afterSequence) };
    const stream: ClientReadableStream<WatchResponse> = this.#client.makeServerStreamRequest(
      pathOf(Council.method.watch),
      bufferOf,
      (bytes) => fromBinary(output, bytes),
      toBinary(input, create(input, of)),
      metadataOf(options),
      {},
    );
    const onAbort = (): void => stream.cancel();
    if (options.signal.aborted) onAbort();
    options.signal.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const response of stream) {
        const item = itemOf(response as WatchResponse);
        if (item) yield item;
      }
    } catch (error) {
      throw errorOf(error);
    } finally {
      options.signal.removeEventListener('abort', onAbort);
      stream.cancel();
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  #unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    request: MessageInitShape<I>,
    options: WireCallOptions,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs } = options;
      const call = this.#client.makeUnaryRequest(
        pathOf(method),
        bufferOf,
        (bytes: Buffer) => fromBinary(method.output, bytes),
        toBinary(method.input, create(method.input, request)),
        metadataOf(options),
        { deadline: Date.now() + Math.ceil(timeoutMs) },
        (error, answer) => {
          signal.removeEventListener('abort', onAbort);
          if (error || !answer) reject(errorOf(error));
          else resolve(answer);
        },
      );
      const onAbort = (): void => call.cancel();
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function itemOf({ message }: WatchResponse): WireItem | undefined {
  switch (message.case) {
    case 'event':
      return { kind: 'event', event: parseMessage(DecisionEvent, WIRE.decisionEvent.decode(message.value)) };
    case 'snapshot':
      return { kind: 'snapshot', view: parseMessage(DecisionView, WIRE.decisionView.decode(message.value)) };
    case 'gap':
      return { kind: 'gap', resumeAfter: Number(message.value.resumeAfter) };
    default:
      return undefined;
  }
}

function credentialsOf(tls: GrpcWireOptions['tls']): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  if (tls === true) return ChannelCredentials.createSsl();
  const { ca, key, cert } = tls;
  return ChannelCredentials.createSsl(bufferOr(ca), bufferOr(key), bufferOr(cert));
}

function metadataOf({ credential, traceparent }: WireCallOptions): Metadata {
  const metadata = new Metadata();
  if (credential.apiKey !== undefined) metadata.set('x-api-key', credential.apiKey);
  if (credential.token !== undefined) metadata.set('authorization', `Bearer ${credential.token}`);
  if (traceparent !== undefined) metadata.set('traceparent', traceparent);
  return metadata;
}

/** Our own error where the trailers carry it, else what the status says. */
function errorOf(thrown: unknown): WitanError {
  const { code, metadata, details } = (thrown ?? {}) as Partial<ServiceError>;
  const [bytes] = metadata?.get('witan-error-bin') ?? [];
  if (Buffer.isBuffer(bytes)) {
    const error = fromBinary(ErrorSchema, bytes);
    if (Object.hasOwn(ERROR_CODES, error.code)) {
      return new WitanError(error.code as ErrorCode, error.message, detailsOf(error), thrown);
    }
  }
  return new WitanError(codeOfStatus(code, details ?? ''), details || 'the call failed', {}, thrown);
}

function detailsOf({
  path,
  expected,
  retryAfterMs,
  detailsJson,
}: MessageShape<typeof ErrorSchema>): ErrorDetails {
  let details: ErrorDetails = {};
  try {
    details = JSON.parse(detailsJson) as ErrorDetails;
  } catch {
    details = {};
  }
  return {
    ...details,
    ...(path !== undefined && { path }),
    ...(expected !== undefined && { expected }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Codes of answers without our trailers: of grpc-js on either side, of a node that is older, of a proxy. */
const CODES_OF_STATUS: Partial<Record<status, ErrorCode>> = {
  [status.CANCELLED]: 'cancelled',
  [status.INVALID_ARGUMENT]: 'invalid_argument',
  [status.OUT_OF_RANGE]: 'invalid_argument',
  [status.DEADLINE_EXCEEDED]: 'deadline_exceeded',
  [status.NOT_FOUND]: 'not_found',
  [status.ALREADY_EXISTS]: 'already_exists',
  [status.UNAUTHENTICATED]: 'unauthenticated',
  [status.PERMISSION_DENIED]: 'permission_denied',
  [status.FAILED_PRECONDITION]: 'conflict',
  [status.UNIMPLEMENTED]: 'not_supported',
};

function codeOfStatus(code: status | undefined, details: string): ErrorCode {
  if (code === status.RESOURCE_EXHAUSTED) {
    // Only a size is the call's own fault; of anything else there may be more later.
    return /larger than/.test(details) ? 'too_large' : 'overloaded';
  }
  // Connections that break end calls as INTERNAL or UNKNOWN: to try again is right, under one key.
  return CODES_OF_STATUS[code ?? status.UNKNOWN] ?? 'unavailable';
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bufferOr(bytes: Uint8Array | undefined): Buffer | null {
  return bytes === undefined ? null : bufferOf(bytes);
}
