/** gRPC over bare HTTP/2: prepared frames, no client library of the protocol. */
import { fromBinary } from '@bufbuild/protobuf';
import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { EvaluateStreamResponseSchema } from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { Lane, LaneCall, LaneTarget } from './lane.ts';

/** Streams that one connection resets: HTTP/2 servers end a connection that resets more in short time. */
const RESET_MAX_COUNT = 800;
const EMPTY = frameOf(new Uint8Array(0));

/** Opens a connection for calls with one answer. */
export function openGrpcLane(target: LaneTarget): Lane {
  const session = sessionOf(target);
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        const stream = requestOf(session, target, call);
        let status: unknown;
        stream.on('response', (headers) => (status = headers['grpc-status']));
        stream.on('trailers', (headers) => (status = headers['grpc-status']));
        stream.on('end', () => resolve(status === '0' ? 'ok' : `grpc ${String(status)}`));
        stream.on('error', reject);
        stream.resume();
        stream.end(call.body ? frameOf(call.body) : EMPTY);
      }),
    close: () => session.destroy(),
  };
}

/** Opens a stream for each call and ends it when its first message has come. */
export function openFirstMessageLane(target: LaneTarget): Lane {
  let session = sessionOf(target);
  let resetCount = 0;
  return {
    call: (call) => {
      if ((resetCount += 1) > RESET_MAX_COUNT) {
        session.destroy();
        session = sessionOf(target);
        resetCount = 0;
      }
      return new Promise((resolve, reject) => {
        const stream = requestOf(session, target, call);
        stream.on('trailers', (headers) => resolve(`grpc ${String(headers['grpc-status'])}`));
        stream.once('data', () => {
          resolve('ok');
          stream.close(constants.NGHTTP2_CANCEL);
        });
        stream.on('error', reject);
        stream.end(EMPTY);
      });
    },
    close: () => session.destroy(),
  };
}

/** One `EvaluateStream`: each call is a message, done when its verdict has come. */
export function openEvaluateLane(target: LaneTarget): Lane {
  const session = sessionOf(target);
  const stream = requestOf(session, target, {});
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve(outcome: string): void; reject(error: Error): void } | undefined;
  stream.on('error', (error) => waiting?.reject(error));
  stream.on('trailers', (headers) => waiting?.reject(new Error(`grpc ${String(headers['grpc-status'])}`)));
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 5 && received.length >= 5 + received.readUInt32BE(1)) {
      const end = 5 + received.readUInt32BE(1);
      const { result } = fromBinary(EvaluateStreamResponseSchema, received.subarray(5, end));
      received = received.subarray(end);
      if (result.case === 'verdict') waiting?.resolve('ok');
      if (result.case === 'error') waiting?.resolve(result.value.code);
    }
  });
  return {
    call: ({ body }) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        stream.write(frameOf(body!));
      }),
    close: () => {
      waiting = undefined;
      session.destroy();
    },
  };
}

function sessionOf({ port }: LaneTarget): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  return session;
}

function requestOf(
  session: ClientHttp2Session,
  { path, headers }: LaneTarget,
  call: LaneCall,
): ClientHttp2Stream {
  const sent: OutgoingHttpHeaders = {
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
    ...call.headers,
  };
  return session.request(sent, { endStream: false });
}

/** A message with its prefix. @source gRPC over HTTP2, Length-Prefixed-Message */
function frameOf(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + body.byteLength);
  frame.writeUInt32BE(body.byteLength, 1);
  frame.set(body, 5);
  return frame;
}
