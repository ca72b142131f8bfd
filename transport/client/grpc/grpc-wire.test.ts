/** Answers that carry no trailers of ours: of grpc-js itself, of proxies, of nodes that know less. */
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { scriptedId } from '../../../test/doors/scripted-council.ts';
import { assert, suite } from '../../../test/harness.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { grpcWire } from './grpc-wire.ts';

const test = suite('grpc wire', { limitMs: 10_000 });

const VERIFY = {
  verify: {
    path: '/witan.v1.Council/Verify',
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
};

/** Code and message that the client makes of an answer. */
async function saidOf(
  answer: { code: status; details: string } | 'no such method',
): Promise<[string, string, boolean]> {
  const server = new Server();
  if (answer !== 'no such method') {
    server.addService(VERIFY, { verify: (_call: unknown, done: (error: object) => void) => done(answer) });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const wire = grpcWire({ target: `127.0.0.1:${port}` });
  try {
    const options = { credential: {}, timeoutMs: 5_000, signal: new AbortController().signal };
    await wire.call('decision.verify', { decisionId: scriptedId(1) }, options);
    throw new Error('the call succeeded');
  } catch (error) {
    assert.instance(error, WitanError);
    const { code, message, retryable } = error as WitanError;
    return [code, message, retryable];
  } finally {
    await wire.close();
    server.forceShutdown();
  }
}

test('a method that the node does not know is not supported', async () => {
  const [code, message, retryable] = await saidOf('no such method');
  assert.equal([code, retryable], ['not_supported', false]);
  assert.match(message, /Verify/);
});

test('each bare status has a code of ours', async () => {
  const bare: [status, string, string][] = [
    [status.RESOURCE_EXHAUSTED, 'Received message larger than max (9 vs. 8)', 'too_large'],
    [status.RESOURCE_EXHAUSTED, 'slow down', 'overloaded'],
    [status.UNIMPLEMENTED, 'nothing here', 'not_supported'],
    [status.INVALID_ARGUMENT, 'no', 'invalid_argument'],
    [status.NOT_FOUND, 'no', 'not_found'],
    [status.UNAUTHENTICATED, 'no', 'unauthenticated'],
    [status.PERMISSION_DENIED, 'no', 'permission_denied'],
    [status.DEADLINE_EXCEEDED, 'late', 'deadline_exceeded'],
    [status.UNAVAILABLE, 'gone', 'unavailable'],
    [status.INTERNAL, 'RST_STREAM', 'unavailable'],
    [status.UNKNOWN, 'what', 'unavailable'],
  ];
  for (const [code, details, expected] of bare) {
    assert.equal((await saidOf({ code, details })).slice(0, 2), [expected, details], details);
  }
});
