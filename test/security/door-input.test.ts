/** Malformed, oversized, nested, slow and repeated input at each door of a whole node. */
import { create, toBinary } from '@bufbuild/protobuf';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { EvaluateRequestSchema } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { GrpcTestClient } from '../doors/grpc-client.ts';
import { assert, suite } from '../harness.ts';
import { AttackedNode, heapBytes } from './doors/attacked-node.ts';
import { Callers, codeIn, httpHeaders, natsHeaders } from './doors/callers.ts';
import type { Answer } from './doors/callers.ts';

const test = suite('doors: bad input', { limitMs: 60_000 });
const HEAP_BOUND = 32 * 1_048_576;
const EVALUATE = '/api/v1/decisions/evaluate';

let node: AttackedNode;
let callers: Callers;
test.before(async () => {
  node = await AttackedNode.start();
  callers = await Callers.connect(node);
  await node.assertHealthy();
});
test.after(async () => {
  callers.close();
  await node.end();
});

const RED = () => ({ apiKey: node.key('red') });

/** Sends bytes as they are and gives all that comes until the door closes. */
function raw(bytes: string | Buffer): Promise<string> {
  const { port } = node.host.address!;
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve(text));
    socket.end(bytes);
  });
}

/** Code and status of the first answer in what a socket gave. */
function firstOf(text: string): { status: number; code: string } {
  const head = text.indexOf('\r\n\r\n') + 4;
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]),
    code: codeIn(text.slice(head, head + length)),
  };
}

test('HTTP: what is no request of HTTP/1.1 is refused by a code of ours, as every answer is', async () => {
  const good = `POST ${EVALUATE} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;
  const refused: Record<string, string | Buffer> = {
    'no words': '\0\x01\x02\x03\r\n\r\n',
    'a greeting of TLS': Buffer.from('16030100a5010000a10303', 'hex'),
    'HTTP/2 by prior knowledge': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'no version': 'GET /ready\r\n\r\n',
    'an unknown method': 'FETCH /ready HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
    'no host': 'GET /ready HTTP/1.1\r\n\r\n',
    'another host': 'GET /ready HTTP/1.1\r\nhost: evil.test\r\n\r\n',
    'two lengths': `${good}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    'length and chunks': `${good}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    'two codings': `${good}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    'a length below nothing': `${good}content-length: -1\r\n\r\n`,
    'a chunk of no number': `${good}transfer-encoding: chunked\r\n\r\nzz\r\n`,
    'a header with a bare line end': 'GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\nb\r\n\r\n',
    'a folded header': 'GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\r\n b\r\n\r\n',
    'a zero in a header': 'GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\0b\r\n\r\n',
    'headers without end': `GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\n${'x: y\r\n'.repeat(20_000)}\r\n`,
    'a name without end': `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
    'percent signs that are none': 'GET /api/v1/decisions/%E0%A4%A HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
    'a path upwards': 'GET /../../etc/passwd HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
    'a path upwards, coded': 'GET /%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
    'an upgrade to nothing':
      'GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    'an expectation': `${good}expect: miracles\r\ncontent-length: 2\r\n\r\n{}`,
    'a tunnel': 'CONNECT evil.test:80 HTTP/1.1\r\nhost: evil.test\r\n\r\n',
  };
  for (const [name, bytes] of Object.entries(refused)) {
    const text = await raw(bytes);
    node.assertSaysNothing(text);
    if (name === 'a tunnel' && text === '') continue;
    const { status, code } = firstOf(text);
    assert.ok(status >= 400 && status < 500 && code !== 'untyped', `${name}: ${text.slice(0, 700)}`);
  }
});

/** The evaluation of `body` at each door that takes JSON. */
async function everywhere(body: string): Promise<[string, Answer][]> {
  const answers: [string, Answer][] = [['http', await callers.http('POST', EVALUATE, { body, ...RED() })]];
  if (callers.nats && body.length < 1_000_000)
    answers.push(['nats', await callers.natsCall('decision.evaluate', body, RED())]);
  return answers;
}

test('JSON that two readers read differently, or that goes too deep or wide, is refused', async () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const bad: Record<string, [body: string, codes: string[]]> = {
    'no body': ['', ['bad_encoding', 'invalid_argument']],
    'half a body': ['{"type":"chat","text":', ['bad_encoding', 'invalid_argument']],
    'a key twice': ['{"type":"chat","text":"a","text":"b"}', ['bad_encoding', 'invalid_argument']],
    'its prototype': [
      '{"type":"chat","text":"a","__proto__":{"x":1}}',
      ['bad_encoding', 'invalid_argument', 'unknown_field'],
    ],
    'an unknown field': ['{"type":"chat","text":"a","tenant":"blue"}', ['unknown_field']],
    'half a letter': ['{"type":"chat","text":"\\ud800"}', ['bad_encoding', 'invalid_argument']],
    'a number that is none': ['{"type":"chat","context":{"a":1e999}}', ['bad_encoding', 'invalid_argument']],
    'depth 100': [`{"type":"chat","context":{"a":${nested(100)}}}`, ['too_deep']],
    'depth 100,000': [`{"type":"chat","context":{"a":${nested(100_000)}}}`, ['too_deep']],
    'too many members': [`{"type":"chat","context":{"a":[${'1,'.repeat(200_000)}1]}}`, ['too_large']],
    'a long text': [
      JSON.stringify({ type: 'chat', text: 'x'.repeat(200_001) }),
      ['too_large', 'invalid_argument'],
    ],
    'a long body': [JSON.stringify({ type: 'chat', text: 'x'.repeat(1_100_000) }), ['too_large']],
  };
  for (const [name, [body, codes]] of Object.entries(bad)) {
    for (const [door, { code, text }] of await everywhere(body)) {
      assert.ok(codes.includes(code), `${name} at ${door}: ${code} ${text.slice(0, 300)}`);
      node.assertSaysNothing(text);
      assert.ok(text.length < 4_000, `${name} at ${door}: an answer of ${text.length}`);
    }
  }
});

test('gRPC: what is too large, too deep or no message is refused', async () => {
  const { evaluate } = Council.method;
  const large = toBinary(
    EvaluateRequestSchema,
    create(EvaluateRequestSchema, { decision: { type: 'chat', text: 'x'.repeat(3_000_000) } }),
  );
  const answers: Record<string, [Promise<Answer>, string[]]> = {
    'too large': [callers.grpc(evaluate, large, RED()), ['too_large']],
    'no message': [callers.grpc(evaluate, Buffer.from('ffffffff', 'hex'), RED()), ['bad_encoding']],
    'a length beyond its end': [
      callers.grpc(evaluate, Buffer.from('0affffffff0f', 'hex'), RED()),
      ['bad_encoding'],
    ],
    'groups in groups': [callers.grpc(evaluate, Buffer.alloc(50_000, 0x0b), RED()), ['bad_encoding']],
    'no decision': [callers.grpc(evaluate, {}, RED()), ['invalid_argument']],
  };
  for (const [name, [asked, codes]] of Object.entries(answers)) {
    const { code, text } = await asked;
    assert.ok(codes.includes(code), `${name}: ${code} ${text.slice(0, 300)}`);
    node.assertSaysNothing(text);
  }
});

test('the live socket closes on what is too large, binary or too much', async () => {
  const closedBy = async (say: (socket: WebSocket) => void): Promise<number> => {
    const socket = new WebSocket(`${node.url.replace('http', 'ws')}/api/v1/live`, {
      headers: httpHeaders(RED()),
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    say(socket);
    return closed;
  };
  assert.is(await closedBy((socket) => socket.send('x'.repeat(4_097))), 1009);
  assert.is(await closedBy((socket) => socket.send(Buffer.alloc(3))), 1003);
  const flood = await closedBy((socket) => {
    for (let said = 0; said < 200; said += 1) socket.send('{');
  });
  assert.is(flood, 1008);
});

test('a key of idempotency with another payload is a conflict', async () => {
  const ask = (text: string, key: string): string =>
    JSON.stringify({ type: 'chat', text, council: 'always', idempotencyKey: key });
  const { evaluate } = Council.method;
  const grpc = (text: string): Promise<Answer> =>
    callers.grpc(
      evaluate,
      { decision: { type: 'chat', text, council: 2, idempotencyKey: 'replayed' } },
      RED(),
    );
  const first = await everywhere(ask('What is asked first', 'replayed'));
  const ids = first.map(([, { text }]) => /"decisionId":"(d[0-9a-f]{32})"/.exec(text)?.[1]);
  assert.is(new Set(ids).size, 1, JSON.stringify(ids));
  const { code, text } = await grpc('What is asked first');
  assert.is(code, 'ok', text.slice(0, 300));
  assert.ok(text.includes(ids[0]!), 'the same decision over gRPC');
  for (const [door, answer] of await everywhere(ask('What is asked instead', 'replayed'))) {
    assert.is(answer.code, 'conflict', door);
    assert.not.ok(answer.text.includes('asked first'), 'a conflict tells nothing of the first');
  }
  assert.is((await grpc('What is asked instead')).code, 'conflict');
});

test('slow callers hold only their own connections: others are answered, and memory stays', async () => {
  const before = heapBytes();
  const { port } = node.host.address!;
  // Who votes follows no feed of all, and would hold no stream here.
  const viewer = { apiKey: node.key('red', 'not:agent:serve') };
  const { apiKey } = viewer;
  const starts = [
    'GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ',
    `POST ${EVALUATE} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: 500000\r\n\r\n{"type":`,
    `GET /api/v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${apiKey}\r\n\r\n`,
  ];
  const slow: Socket[] = [];
  for (let at = 0; at < 300; at += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(starts[at % 3]!);
    // It reads nothing that comes.
    socket.pause();
    slow.push(socket);
  }
  const client = new GrpcTestClient(node.host.grpcAddress!.target);
  const watches = Array.from({ length: 50 }, () =>
    client
      .serverStream(Council.method.watch, {}, { metadata: httpHeaders(viewer) })
      .on('error', () => undefined),
  );
  const inboxes = callers.nats ? Array.from({ length: 50 }, () => callers.nats!.newInbox()) : [];
  for (const replyTo of inboxes) {
    callers.nats!.publish(
      'witan.v1.decision.follow-all',
      { credit: 1 },
      { replyTo, headers: natsHeaders(viewer) },
    );
  }
  // Their own tenant's events go to streams that nobody reads.
  for (let at = 0; at < 5; at += 1) {
    const body = JSON.stringify({ type: 'chat', text: `Question ${at}`, council: 'always' });
    assert.is((await callers.http('POST', EVALUATE, { body, ...RED() })).code, 'ok');
  }
  await node.assertHealthy();
  const grown = heapBytes() - before;
  assert.ok(grown < HEAP_BOUND, `${grown} bytes more for 400 slow callers`);
  for (const socket of slow) socket.destroy();
  for (const watch of watches) watch.cancel();
  client.close();
});

test('the node works', () => node.assertHealthy());
