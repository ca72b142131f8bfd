/** The gRPC door over real sockets: answers, errors, the gate, bad input. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionView } from '../../contracts/messages/decision-view.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import { WIRE } from '../../contracts/proto/convert/wire-messages.ts';
import {
  Council,
  EvaluateRequestSchema,
  OutcomeFilter,
} from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { Role } from '../../contracts/proto/gen/witan/v1/decision_pb.ts';
import { ErrorSchema, RpcStatusSchema } from '../../contracts/proto/gen/witan/v1/errors_pb.ts';
import { Operator } from '../../contracts/proto/gen/witan/v1/operator_service_pb.ts';
import { ResolutionAction } from '../../contracts/proto/gen/witan/v1/views_pb.ts';
import { failure, GrpcTestClient, pathOf } from '../doors/grpc-client.ts';
import { openGrpcDoor } from '../doors/grpc-door.ts';
import { scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';

const test = suite('grpc-door', { limitMs: 10_000 });
const defects: unknown[] = [];
const { backend, gate, door, target } = await openGrpcDoor({ onDefect: (error) => defects.push(error) });
const client = new GrpcTestClient(target);
test.after(async () => {
  client.close();
  await door.close();
});

const { evaluate, getDecision, listDecisions, getProof, verify } = Council.method;
const chat = { type: 'chat', text: 'Hello' };

function viewOf(index: number): DecisionView {
  const decisionId = scriptedId(index);
  const verdict = scriptedVerdict(decisionId);
  const view: DecisionView = {
    decisionId,
    state: 'final',
    type: 'loan',
    request: { type: 'loan', text: 'x', messages: [] },
    sessionDigest: 's',
    submittedBy: 'local',
    openedAt: '2026-01-01T00:00:00Z',
    verdict,
    record: { logId: 'log', openedIndex: 0, finalIndex: 1, state: 'checkpointed' },
    resolutions: [],
  };
  backend.views.set(decisionId, view);
  return view;
}

test('a decision comes back as its verdict, whole', async () => {
  const verdicts: unknown[] = [];
  backend.decide = async (decisionId) => {
    verdicts.push(scriptedVerdict(decisionId));
    return scriptedVerdict(decisionId);
  };
  const answer = await client.unary(evaluate, {
    decision: {
      type: 'chat',
      messages: { items: [{ role: Role.USER, content: 'Hello' }] },
      contextJson: '{"a":1}',
    },
  });
  assert.equal(WIRE.verdict.schema.parse(WIRE.verdict.decode(answer.verdict!)), verdicts[0]);
  assert.equal(backend.submitted.at(-1), {
    type: 'chat',
    messages: [{ role: 'user', content: 'Hello' }],
    context: { a: 1 },
  });
  assert.is(gate.calls.at(-1)?.operation, 'decision.evaluate');
  assert.is(gate.openCount, 0);
});

test('a caller who does not wait gets the id of the decision', async () => {
  backend.decide = () => new Promise(() => undefined);
  const answer = await client.unary(evaluate, { decision: chat, waitMs: 0 });
  assert.match(answer.decisionId, /^d[0-9a-f]{32}$/);
  assert.is(answer.verdict, undefined);
});

test('decisions are read, listed and verified', async () => {
  const view = viewOf(501);
  const read = await client.unary(getDecision, { decisionId: view.decisionId });
  assert.equal(WIRE.decisionView.schema.parse(WIRE.decisionView.decode(read.decision!)), view);
  viewOf(502);
  const first = await client.unary(listDecisions, { limit: 1, outcome: OutcomeFilter.APPROVED });
  assert.is(first.items.length, 1);
  const second = await client.unary(listDecisions, { limit: 1, cursor: first.nextCursor! });
  assert.equal([second.items[0]!.decisionId, second.nextCursor], [scriptedId(502), undefined]);
  const checked = await client.unary(verify, { decisionId: view.decisionId });
  assert.equal([checked.verified, checked.detail], [true, 'stub']);
  const absent = await failure(client.unary(getProof, { decisionId: view.decisionId }));
  assert.equal([absent.status, absent.code], [status.NOT_FOUND, 'not_found']);
});

test('agents, their activity and the queue of reviews are listed, a review is resolved', async () => {
  const { listAgents, listAgentActivity, listReviews, resolveReview } = Council.method;
  assert.equal((await client.unary(listAgents, {})).items, []);
  assert.equal((await client.unary(listAgentActivity, { agentId: 'guardian' })).items, []);
  assert.equal((await client.unary(listReviews, { limit: 3 })).items, []);
  const decisionId = scriptedId(501);
  const refused = await failure(
    client.unary(resolveReview, { decisionId, action: ResolutionAction.APPROVE, reason: 'seen' }),
  );
  assert.equal([refused.status, refused.code], [status.FAILED_PRECONDITION, 'conflict']);
  const wordless = await failure(client.unary(resolveReview, { decisionId, reason: 'seen' }));
  assert.is(wordless.error?.path, 'action');
});

test('operators see actors and dead letters, command and diagnose', async () => {
  const { tree, actor, stop, restart, pause, resume, diagnose, deadLetters } = Operator.method;
  const view = {
    path: '/council',
    name: 'council',
    node: 'n',
    behavior: 'b',
    lifecycle: 'idle' as const,
    mailboxDepth: 0,
    mailboxMaxDepth: 1,
    mailboxCapacity: 1_024,
    processedCount: 2 ** 40,
    restartCount: 0,
    uptimeMs: 1.5,
    childCount: 12,
    watcherCount: 0,
  };
  backend.tree = async () => [view];
  const { items } = await client.unary(tree, { pathPrefix: '/council' });
  assert.equal(WIRE.actorView.decode(items[0]!), view);
  assert.is((await failure(client.unary(actor, { path: '/nobody' }))).code, 'not_found');
  assert.is((await failure(client.unary(actor, { path: 'nobody' }))).error?.path, 'path');
  await client.unary(stop, { path: '/a' });
  await client.unary(restart, { path: '/a' });
  await client.unary(pause, { path: '/a' });
  await client.unary(resume, { path: '/a' });
  assert.equal(backend.commands, ['stop /a', 'restart /a', 'pause /a', 'resume /a']);
  const answer = await client.unary(diagnose, { path: '/a', messageJson: '{"x":1}' });
  assert.equal(JSON.parse(answer.answerJson), { path: '/a', message: { x: 1 } });
  const wrong = await failure(client.unary(diagnose, { path: '/a', messageJson: '{"x":1,"x":2}' }));
  assert.is(wrong.error?.path, 'messageJson.x');
  const letter = { sequence: 1, recipient: '/x', reason: 'expired', messageType: 't', atWallMs: 5 } as const;
  backend.deadLetters = async () => [{ ...letter, sender: undefined }];
  assert.equal(
    (await client.unary(deadLetters, {})).items.map((one) => WIRE.deadLetterView.decode(one)),
    [letter],
  );
});

test('health tells the state of the node, through the gate', async () => {
  const check = async (service: string): Promise<string> => {
    const request = Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]);
    return Buffer.from(await client.bytes('/grpc.health.v1.Health/Check', request)).toString('hex');
  };
  assert.is(await check(''), '0801');
  assert.is(gate.calls.at(-1)?.operation, 'health.read');
  backend.status = 'draining';
  assert.is(await check('witan.v1.Council'), '0802');
  backend.status = 'ready';
  assert.is(await check(''), '0801');
  assert.is((await failure(check('nothing'))).status, status.NOT_FOUND);
  assert.is(gate.openCount, 0);
});

test('an error carries code, path and expectation in its trailers', async () => {
  const failed = await failure(
    client.unary(evaluate, {
      decision: { type: 'chat', claims: { items: [{ text: 'x' }, { text: '' }] }, text: 'x' },
    }),
  );
  assert.equal([failed.status, failed.code], [status.INVALID_ARGUMENT, 'invalid_argument']);
  const { path, expected, retryable } = failed.error!;
  assert.equal([path, expected, retryable], ['claims.1.text', 'at least 1 characters', false]);
  const thrown: unknown = await client.unary(evaluate, { decision: { type: 'chat' } }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const [bytes] = (thrown as ServiceError).metadata.get('grpc-status-details-bin');
  const rich = fromBinary(RpcStatusSchema, bytes as Buffer);
  assert.is(anyUnpack(rich.details[0]!, ErrorSchema)?.path, 'text');
});

for (const [what, decision, code, path] of [
  ['no decision', undefined, 'invalid_argument', 'type'],
  ['no type', { text: 'x' }, 'invalid_argument', 'type'],
  [
    'a role of no meaning',
    { type: 'chat', messages: { items: [{ content: 'x' }] } },
    'invalid_argument',
    'messages.0.role',
  ],
  ['JSON that is none', { type: 'chat', contextJson: '{' }, 'bad_encoding', 'context'],
  ['JSON too deep', { type: 'chat', contextJson: '[['.repeat(500) }, 'too_deep', 'context.0'],
  ['a key twice', { type: 'chat', contextJson: '{"a":1,"a":2}' }, 'invalid_argument', 'context.a'],
  ['a text too long', { type: 'chat', text: 'x'.repeat(200_001) }, 'too_large', 'text'],
  ['a deadline too short', { type: 'chat', text: 'x', deadlineMs: 1 }, 'invalid_argument', 'deadlineMs'],
] as const) {
  test(`${what} is refused with the code of the other doors`, async () => {
    const request = decision === undefined ? {} : { decision };
    const failed = await failure(
      client.unary(evaluate, request as Parameters<typeof create<typeof EvaluateRequestSchema>>[1] & object),
    );
    assert.is(failed.code, code);
    assert.ok(failed.error?.path?.startsWith(path), failed.error?.path);
  });
}

test('bytes that are no message, a field of no meaning and a text that is not UTF-8 are refused', async () => {
  const send = (bytes: number[]): ReturnType<typeof failure> =>
    failure(client.bytes(pathOf(evaluate), Uint8Array.from(bytes)));
  assert.is((await send([0xff, 0xff, 0xff])).code, 'bad_encoding');
  const known = toBinary(EvaluateRequestSchema, create(EvaluateRequestSchema, { decision: chat }));
  assert.equal((await send([...known, 0x78, 1])).error?.path, '#15');
  // Groups within groups, deeper than any stack of ours should go.
  assert.is((await send(Array<number>(100_000).fill(0x7b))).code, 'bad_encoding');
  const notUtf8 = await send([0x0a, 4, 0x12, 2, 0xc3, 0x28]);
  assert.is(notUtf8.status, status.INVALID_ARGUMENT);
  assert.equal(defects, []);
});

test('a message larger than allowed is refused before it is read whole', async () => {
  const failed = await failure(
    client.unary(evaluate, { decision: { type: 'chat', contextJson: `"${'x'.repeat(2_000_000)}"` } }),
  );
  assert.equal([failed.status, failed.code], [status.RESOURCE_EXHAUSTED, 'too_large']);
  assert.is(failed.error?.code, 'too_large');
});

test('what grpc-js answers by itself has a code of ours too', async () => {
  const raw = connectHttp2(`http://${target}`);
  /** One call by hand; status and code of its answer. */
  const call = (headers: Record<string, string>, data: Uint8Array): Promise<string[]> =>
    new Promise((resolve, reject) => {
      const path = pathOf(Council.method.getDecision);
      const stream = raw.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      stream.on('response', (answer) =>
        resolve([String(answer['grpc-status']), String(answer['witan-code'])]),
      );
      stream.on('error', reject);
      stream.resume();
      stream.end(data);
    });
  const frame = (flag: number, ...bytes: number[]): Uint8Array =>
    Uint8Array.of(flag, 0, 0, 0, bytes.length, ...bytes);
  const badEncoding = [String(status.INVALID_ARGUMENT), 'bad_encoding'];
  assert.equal(await call({ 'grpc-encoding': 'gzip' }, frame(1, 1, 2, 3)), badEncoding);
  assert.equal(await call({ 'grpc-timeout': 'soon' }, frame(0)), badEncoding);
  assert.equal(await call({}, new Uint8Array()), badEncoding);
  const unknown = await call({ 'grpc-encoding': 'snappy' }, frame(1, 1));
  assert.equal(unknown, [String(status.UNIMPLEMENTED), 'not_supported']);
  // 3 kB that would be 3 MB.
  const bomb = gzipSync(Buffer.alloc(3_000_000));
  const head = Buffer.alloc(5);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(bomb.length, 1);
  const tooLarge = await call({ 'grpc-encoding': 'gzip' }, Buffer.concat([head, bomb]));
  assert.equal(tooLarge, [String(status.RESOURCE_EXHAUSTED), 'too_large']);
  raw.close();
});

test('an unknown method is told from a known one; grpc-js lets nobody add trailers to that answer', async () => {
  const failed = await failure(client.bytes('/witan.v1.Council/Nothing', new Uint8Array()));
  assert.equal([failed.status, failed.code], [status.UNIMPLEMENTED, '']);
});

test('the gate is asked with credentials and trace context, and its word holds', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const metadata = { authorization: 'Bearer abc.def', 'x-api-key': 'weak', traceparent };
  const failed = await failure(client.unary(evaluate, { decision: chat }, { metadata }));
  assert.equal([failed.status, failed.code], [status.PERMISSION_DENIED, 'permission_denied']);
  const call = gate.calls.at(-1)!;
  assert.equal(call.credentials, {
    door: 'grpc',
    remoteAddress: '127.0.0.1',
    bearerToken: 'abc.def',
    apiKey: 'weak',
  });
  assert.is(call.traceparent, traceparent);
  assert.ok(call.bodyBytes! > 0);
});

test('behind a proxy nobody is this machine', async () => {
  const metadata = { 'x-forwarded-for': '10.0.0.1' };
  const failed = await failure(client.unary(evaluate, { decision: chat }, { metadata }));
  assert.equal([failed.status, failed.code], [status.UNAUTHENTICATED, 'unauthenticated']);
});

test('a refused caller is not let in by bytes that are no message', async () => {
  const metadata = { 'x-api-key': 'weak' };
  const failed = await failure(client.bytes(pathOf(evaluate), Uint8Array.of(0xff), { metadata }));
  assert.is(failed.code, 'permission_denied');
});

test('retries are told when to come back', async () => {
  const submit = backend.submit;
  backend.submit = async () => {
    throw new WitanError('overloaded', 'full', { retryAfterMs: 120 });
  };
  const thrown: unknown = await client.unary(evaluate, { decision: chat }).catch((error: unknown) => error);
  backend.submit = submit;
  const { code, metadata } = thrown as ServiceError;
  assert.is(code, status.RESOURCE_EXHAUSTED);
  assert.equal(metadata.get('grpc-retry-pushback-ms'), ['120']);
});

test('a defect is logged and says nothing of the inside', async () => {
  const submit = backend.submit;
  backend.submit = async () => {
    throw new TypeError('secret of the inside');
  };
  const failed = await failure(client.unary(evaluate, { decision: chat }));
  backend.submit = submit;
  assert.equal([failed.status, failed.code], [status.INTERNAL, 'internal']);
  assert.not.match(
    JSON.stringify(failed, (_, value: unknown) => (typeof value === 'bigint' ? '' : value)),
    'secret',
  );
  assert.match(String(defects.pop()), 'secret');
});

test('the deadline of the call shortens the time of the decision', async () => {
  const given: (number | undefined)[] = [];
  const submit = backend.submit;
  backend.submit = async (request, options) => {
    given.push(request.deadlineMs);
    return submit(request, options);
  };
  backend.decide = async (decisionId) => scriptedVerdict(decisionId);
  await client.unary(evaluate, { decision: chat }, { deadlineMs: 2_000 });
  await client.unary(evaluate, { decision: chat }, { deadlineMs: 60_000 });
  await client.unary(evaluate, { decision: { ...chat, deadlineMs: 900 } }, { deadlineMs: 60_000 });
  backend.submit = submit;
  assert.ok(given[0]! > 1_000 && given[0]! <= 2_000, String(given[0]));
  assert.equal(given.slice(1), [undefined, 900]);
});

test('a cancelled call and a passed deadline abort the signal, the decision goes on', async () => {
  const signals: AbortSignal[] = [];
  const submit = backend.submit;
  let onSubmitted: () => void = () => undefined;
  backend.submit = async (request, options) => {
    signals.push(options.signal!);
    onSubmitted();
    return submit(request, options);
  };
  let decide: (verdict: Verdict) => void = () => undefined;
  const verdict = new Promise<Verdict>((resolve) => (decide = resolve));
  backend.decide = () => verdict;
  const failed = await failure(client.unary(evaluate, { decision: chat }, { deadlineMs: 200 }));
  assert.is(failed.status, status.DEADLINE_EXCEEDED);
  const submitted = new Promise<void>((resolve) => (onSubmitted = resolve));
  const call = client.raw.makeUnaryRequest(
    pathOf(evaluate),
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    Buffer.from(toBinary(EvaluateRequestSchema, create(EvaluateRequestSchema, { decision: chat }))),
    () => undefined,
  );
  await submitted;
  call.cancel();
  backend.submit = submit;
  await Promise.all(
    signals.map(
      (signal) => signal.aborted || new Promise((resolve) => signal.addEventListener('abort', resolve)),
    ),
  );
  assert.is(signals.length, 2);
  decide(scriptedVerdict(scriptedId(1)));
});

test('garbage on the socket ends that connection alone', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(Number(target.split(':')[1]), '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\n\r\n'),
    );
    socket.on('close', () => resolve());
    socket.on('error', () => undefined);
    socket.resume();
  });
  assert.is((await client.unary(evaluate, { decision: chat, waitMs: 0 })).decisionId.length, 33);
});

test('a port that is taken is said to be', async () => {
  const other = await openGrpcDoor();
  const port = Number(target.split(':')[1]);
  const { createGrpcServer } = await import('../../transport/grpc/index.ts');
  const second = createGrpcServer({ backend, gate });
  const error: unknown = await second.listen({ host: '127.0.0.1', port }).catch((thrown: unknown) => thrown);
  assert.is((error as WitanError).code, 'already_exists');
  await second.close();
  await other.door.close();
});
