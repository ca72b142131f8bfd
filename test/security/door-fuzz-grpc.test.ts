/** 10,000 damaged messages at the gRPC door, and bytes on its socket that are no HTTP/2. */
import { create, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { GRPC_SERVICES } from '../../transport/grpc/server.ts';
import { assert, suite } from '../harness.ts';
import { AttackedNode, heapBytes } from './doors/attacked-node.ts';
import { Callers } from './doors/callers.ts';
import { Mutator, SEED, together } from './doors/mutator.ts';

const test = suite(`doors: gRPC, SEED=${SEED}`, { limitMs: 85_000 });
const HEAP_BOUND = 48 * 1_048_576;
const ID = `d${'0'.repeat(32)}`;

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

const METHODS: readonly DescMethod[] = GRPC_SERVICES.flatMap(({ methods }) =>
  methods.map(({ desc }) => desc),
);

/** A message with something in each field of text, number and message, three levels deep. */
function filled(desc: DescMessage, depth = 0): Uint8Array {
  const message = create(desc) as unknown as Record<string, unknown>;
  for (const field of desc.fields) {
    if (field.oneof && field.oneof.fields[0] !== field) continue;
    let value: unknown;
    if (field.fieldKind === 'message' && depth < 3) value = nested(field.message, depth + 1);
    else if (field.fieldKind === 'scalar') value = scalarOf(field.name, field.scalar);
    else if (field.fieldKind === 'enum') value = 1;
    else continue;
    if (field.oneof) message[field.oneof.localName] = { case: field.localName, value };
    else message[field.localName] = value;
  }
  return toBinary(desc, message as never);
}

function nested(desc: DescMessage, depth: number): unknown {
  const message = create(desc) as unknown as Record<string, unknown>;
  for (const field of desc.fields) {
    if (field.oneof) continue;
    if (field.fieldKind === 'scalar') message[field.localName] = scalarOf(field.name, field.scalar);
    else if (field.fieldKind === 'message' && depth < 3)
      message[field.localName] = nested(field.message, depth + 1);
  }
  return message;
}

/** By the numbers of protobuf: 9 text, 12 bytes, 8 boolean, 3, 4, 6, 16, 18 of 64 bits. */
function scalarOf(name: string, scalar: number): unknown {
  if (scalar === 9) return name === 'type' ? 'chat' : name.endsWith('decision_id') ? ID : '/nowhere/at/all';
  if (scalar === 12) return new Uint8Array(4);
  if (scalar === 8) return true;
  return [3, 4, 6, 16, 18].includes(scalar) ? 5n : 5;
}

test('each damaged message is answered by a code of ours, and memory stays', async () => {
  const corpus = METHODS.map((method) => [method, filled(method.input)] as const);
  const unary = corpus.filter(([{ methodKind }]) => methodKind === 'unary');
  const before = heapBytes();
  const codes = new Map<string, number>();
  await together(10_000, 32, async (at) => {
    const mutator = new Mutator(SEED + at);
    // A stream that is let in waits: it is asked now and then.
    const [method, whole] = mutator.pick(mutator.below(100) === 0 ? corpus : unary);
    const bytes = mutator.bytes(whole);
    const { code, text } = await callers.grpc(method, bytes, { apiKey: node.key('red') });
    node.assertSaysNothing(text);
    const isTyped = !code.startsWith('grpc-') && !['untyped', 'internal', 'crashed'].includes(code);
    assert.ok(isTyped, `${method.name} ${Buffer.from(bytes).toString('hex').slice(0, 400)}: ${code} ${text}`);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  });
  assert.ok((codes.get('bad_encoding') ?? 0) > 500, JSON.stringify([...codes]));
  await node.assertHealthy();
  const grown = heapBytes() - before;
  assert.ok(grown < HEAP_BOUND, `${grown} bytes more`);
});

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** SETTINGS, HEADERS with two indexed fields, WINDOW_UPDATE, RST_STREAM, PING, DATA. */
const FRAMES = [
  '000000040000000000',
  '0000020105000000018287',
  '00000408000000000000000001',
  '00000403000000000100000008',
  '0000080600000000000102030405060708',
  '000003000100000001616263',
].map((hex) => Buffer.from(hex, 'hex'));

test('damaged frames on the socket end at most their own connection', async () => {
  const { port } = node.host.grpcAddress!;
  const before = heapBytes();
  for (let batch = 0; batch < 10; batch += 1) {
    const sockets: Socket[] = [];
    await together(50, 50, async (at) => {
      const mutator = new Mutator(SEED - 50 * batch - at);
      const frames = Array.from({ length: 20 }, () => mutator.pick(FRAMES));
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => node.assertSaysNothing(chunk.toString('latin1')));
      sockets.push(socket);
      await new Promise((resolve) => socket.once('connect', resolve));
      const whole = Buffer.concat([FRAMES[0]!, ...frames]);
      socket.write(
        Buffer.concat([mutator.below(8) === 0 ? mutator.bytes(PREFACE) : PREFACE, mutator.bytes(whole)]),
      );
    });
    // Others are served while these stand.
    const { code } = await callers.grpc(
      Council.method.getDecision,
      { decisionId: ID },
      { apiKey: node.key('red') },
    );
    assert.is(code, 'not_found');
    for (const socket of sockets) socket.destroy();
  }
  await node.assertHealthy();
  const grown = heapBytes() - before;
  assert.ok(grown < HEAP_BOUND, `${grown} bytes more`);
});
