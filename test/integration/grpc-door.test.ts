/** The gRPC door over real sockets: answers, errors, the gate. */
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { Role } from '../../contracts/proto/gen/witan/v1/decision_pb.ts';
import { WIRE } from '../../contracts/proto/convert/wire-messages.ts';
import { failure, GrpcTestClient } from '../doors/grpc-client.ts';
import { openGrpcDoor } from '../doors/grpc-door.ts';
import { scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';

const test = suite('grpc-door', { limitMs: 10_000 });
const { backend, gate, door, target } = await openGrpcDoor();
const client = new GrpcTestClient(target);
test.after(async () => {
  client.close();
  await door.close();
});

const { evaluate } = Council.method;

test('a decision comes back as its verdict, whole', async () => {
  const verdicts: unknown[] = [];
  backend.decide = async (decisionId) => {
    const verdict = scriptedVerdict(decisionId);
    verdicts.push(verdict);
    return verdict;
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

test('health tells the state of the node, through the gate', async () => {
  const check = async (service: string): Promise<string> =>
    Buffer.from(
      await client.bytes(
        '/grpc.health.v1.Health/Check',
        Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]),
      ),
    ).toString('hex');
  assert.is(await check(''), '0801');
  assert.is(gate.calls.at(-1)?.operation, 'health.read');
  backend.status = 'draining';
  assert.is(await check('witan.v1.Council'), '0802');
  backend.status = 'ready';
  assert.is(await check(''), '0801');
  assert.is(gate.openCount, 0);
  assert.is((await failure(check('nothing'))).status, 5);
});
