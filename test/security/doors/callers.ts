/** One call at each door, and its answer in one form: a code of ours, and every byte of text that came. */
import { create, toBinary } from '@bufbuild/protobuf';
import type { DescMethod } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import { ERROR_CODES } from '../../../contracts/errors.ts';
import { NATS_HEADERS } from '../../../contracts/nats-headers.ts';
import { GrpcTestClient, pathOf } from '../../doors/grpc-client.ts';
import { RawNats } from '../../doors/raw-nats.ts';
import type { RawMessage } from '../../doors/raw-nats.ts';
import type { AttackedNode } from './attacked-node.ts';

/** What a caller shows. */
export interface Shown {
  readonly apiKey?: string | undefined;
  readonly bearer?: string | undefined;
}

/** What came back: `ok`, `open` (a stream), or the code of an error. */
export interface Answer {
  readonly code: string;
  readonly text: string;
}

/** Clients of every door of one node. */
export class Callers {
  readonly node: AttackedNode;
  readonly grpcClient: GrpcTestClient;
  nats: RawNats | undefined;

  private constructor(node: AttackedNode) {
    this.node = node;
    this.grpcClient = new GrpcTestClient(node.host.grpcAddress!.target);
  }

  static async connect(node: AttackedNode): Promise<Callers> {
    const callers = new Callers(node);
    if (node.nats) callers.nats = await RawNats.connect(node.nats.port);
    return callers;
  }

  close(): void {
    this.grpcClient.close();
    this.nats?.close();
  }

  /** An event stream is left as soon as it is open. */
  async http(
    method: string,
    path: string,
    { body, ...shown }: Shown & { body?: string } = {},
  ): Promise<Answer> {
    const abort = new AbortController();
    const response = await fetch(this.node.url + path, {
      method,
      redirect: 'manual',
      signal: abort.signal,
      headers: { ...httpHeaders(shown), ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      abort.abort();
      return { code: 'open', text: '' };
    }
    const text = await response.text();
    return { code: response.status < 400 ? 'ok' : codeIn(text), text };
  }

  /** `request` as fields of the message, or as bytes. A stream is open when it says nothing for a while. */
  grpc(method: DescMethod, request: object | Uint8Array, shown: Shown = {}): Promise<Answer> {
    const bytes =
      request instanceof Uint8Array
        ? request
        : toBinary(method.input, create(method.input, request as never));
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(httpHeaders(shown))) metadata.set(name, value);
    const same = (value: Uint8Array): Buffer => Buffer.from(value);
    const path = pathOf(method);
    const { raw } = this.grpcClient;
    if (method.methodKind === 'unary') {
      return new Promise((resolve) => {
        raw.makeUnaryRequest(path, same, same, bytes, metadata, (error, value) =>
          resolve(error ? grpcError(error) : { code: 'ok', text: value!.toString('latin1') }),
        );
      });
    }
    const options = { deadline: Date.now() + 500 };
    const isBoth = method.methodKind !== 'server_streaming';
    const both = isBoth ? raw.makeBidiStreamRequest(path, same, same, metadata, options) : undefined;
    const stream = both ?? raw.makeServerStreamRequest(path, same, same, bytes, metadata, options);
    return new Promise((resolve) => {
      stream.on('error', (error: ServiceError) => resolve(grpcError(error)));
      stream.on('data', (value: Buffer) => {
        resolve({ code: 'open', text: value.toString('latin1') });
        stream.cancel();
      });
      stream.on('end', () => resolve({ code: 'ok', text: '' }));
      both?.write(bytes);
    });
  }

  async natsCall(
    operation: string,
    body: object | string | Uint8Array = {},
    { headers = {}, ...shown }: Shown & { headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const replyTo = this.nats!.newInbox();
    const inbox = this.nats!.subscribe(replyTo);
    this.nats!.publish(`witan.v1.${operation}`, body, {
      replyTo,
      headers: { ...natsHeaders(shown), ...headers },
    });
    try {
      const first = await inbox.next(10_000);
      // A stream says first that it is open, and then whether there is anything to follow.
      if (first.headers['witan-frame'] !== 'open') return natsAnswer(first);
      const next = await inbox.next(300).catch(() => first);
      return natsAnswer(next);
    } finally {
      inbox.unsubscribe();
    }
  }

  /** Opens the live socket; `ask` is its first message, and the answer to it is given. */
  async live(shown: Shown, ask?: object): Promise<Answer> {
    const socket = new WebSocket(`${this.node.url.replace('http', 'ws')}/api/v1/live`, {
      headers: httpHeaders(shown),
    });
    try {
      return await new Promise<Answer>((resolve) => {
        socket.on('unexpected-response', (_request, response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve({ code: codeIn(text), text }));
        });
        socket.on('error', (error) => resolve({ code: 'error', text: String(error) }));
        socket.on('message', (data: Buffer) => {
          const text = data.toString();
          const { type } = JSON.parse(text) as { type: string };
          if (type === 'hello' && ask) return socket.send(JSON.stringify(ask));
          return resolve({ code: type === 'error' ? codeIn(text) : 'open', text });
        });
      });
    } finally {
      socket.terminate();
    }
  }
}

/** Headers of HTTP and metadata of gRPC that show who calls. */
export function httpHeaders({ apiKey, bearer }: Shown): Record<string, string> {
  return {
    ...(apiKey !== undefined && { 'x-api-key': apiKey }),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
  };
}

/** Headers of NATS that show who calls. */
export function natsHeaders({ apiKey, bearer }: Shown): Record<string, string> {
  return {
    ...(apiKey !== undefined && { [NATS_HEADERS.apiKey]: apiKey }),
    ...(bearer !== undefined && { [NATS_HEADERS.authorization]: `Bearer ${bearer}` }),
  };
}

/** Code in a body of HTTP or of the live socket; `untyped` where there is none of ours. */
export function codeIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown } };
    const code = error?.code;
    return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code) ? code : 'untyped';
  } catch {
    return 'untyped';
  }
}

/** Answer of a NATS message. */
export function natsAnswer({ headers, data }: RawMessage): Answer {
  const text = `${JSON.stringify(headers)}${data.toString('latin1')}`;
  if (headers['nats-service-error-code'] === undefined) {
    return { code: headers['witan-frame'] === 'end' ? codeIn(data.toString()) : 'ok', text };
  }
  return { code: codeIn(data.toString()), text };
}

/** Answer of a failed gRPC call; what grpc-js itself refuses is named by its status. */
export function grpcError({ code, details, metadata }: ServiceError): Answer {
  const own = metadata?.get('witan-code')[0];
  const whole = metadata?.get('witan-error-bin')[0];
  const text = `${details} ${whole instanceof Buffer ? whole.toString('latin1') : ''}`;
  if (own !== undefined)
    return { code: Object.hasOwn(ERROR_CODES, String(own)) ? String(own) : 'untyped', text };
  return { code: code === 4 ? 'open' : `grpc-${code}`, text };
}
