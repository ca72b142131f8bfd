/** The least that each framework can do for `health`: one handler, no gate, no checks, the same answer. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { connect, headers } from '@nats-io/transport-node';
import fastify from 'fastify';
import { service } from 'grpc-health-check';
import type { AddressInfo } from 'node:net';
import { NATS_HEADERS } from '../../contracts/nats-headers.ts';

/**
 * Subjects of the bare NATS responders. What the door promises has headers, in the request and in the answer:
 * the same answer has them too, and a bare handler reads its caller's. `plain` looks at no header and sends
 * none, which is the floor of the client package.
 */
export const BARE_SUBJECTS = { same: 'bench.health', plain: 'bench.health.plain' } as const;

/** Running bare servers. */
export interface BareServers extends AsyncDisposable {
  readonly ports: { readonly http: number; readonly grpc: number };
}

const HEALTH = { status: 'ready' };
const SERVING = { status: 'SERVING' };

/** Starts them; the responder where there is a NATS server. */
export async function startBareServers(natsUrl: string | undefined): Promise<BareServers> {
  const app = fastify({ logger: false });
  app.get('/health', (_request, reply) => reply.send(HEALTH));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const grpc = new Server();
  grpc.addService(service, {
    check: (_call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) =>
      callback(null, SERVING),
    watch: (call: ServerWritableStream<unknown, unknown>) => void call.write(SERVING),
  });
  const grpcPort = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
  const nats = natsUrl === undefined ? undefined : await connect({ servers: natsUrl });
  const encoder = new TextEncoder();
  nats?.subscribe(BARE_SUBJECTS.plain, {
    callback: (_error, message) => void message.respond(encoder.encode(JSON.stringify(HEALTH))),
  });
  nats?.subscribe(BARE_SUBJECTS.same, {
    callback: (_error, message) => {
      const caller = message.headers?.get(NATS_HEADERS.apiKey) ?? '';
      const answer = headers();
      answer.set(NATS_HEADERS.contentType, 'application/json');
      answer.set(NATS_HEADERS.rateLimit, '1000');
      answer.set(NATS_HEADERS.rateRemaining, String(1_000 - caller.length));
      answer.set(NATS_HEADERS.rateResetMs, '60000');
      message.respond(encoder.encode(JSON.stringify(HEALTH)), { headers: answer });
    },
  });
  await nats?.flush();
  return {
    ports: { http: (app.server.address() as AddressInfo).port, grpc: grpcPort },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      grpc.forceShutdown();
      await nats?.close();
    },
  };
}
