/** Protobuf at the NATS door: the same messages as over gRPC, chosen by headers. */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { WIRE } from '../../contracts/proto/convert/wire-messages.ts';
import {
  EvaluateResponseSchema,
  GetDecisionRequestSchema,
  ListDecisionsResponseSchema,
  VerifyResponseSchema,
} from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { DecisionRequestSchema } from '../../contracts/proto/gen/witan/v1/decision_pb.ts';
import { DecisionEventSchema } from '../../contracts/proto/gen/witan/v1/events_pb.ts';
import { KNOWN, withDoor } from '../doors/nats-fixtures.ts';
import type { DoorFixture } from '../doors/nats-fixtures.ts';
import { jsonOf } from '../doors/raw-nats.ts';
import type { RawMessage } from '../doors/raw-nats.ts';
import { openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING } from '../nats-server.ts';

const PROTOBUF = 'application/x-protobuf';
const ID = scriptedId(1);
const REQUEST = { type: 'chat', text: 'x' };

function read<D extends DescMessage>(desc: D, message: RawMessage): MessageShape<D> {
  assert.is(message.headers['content-type'], PROTOBUF, message.data.toString().slice(0, 200));
  return fromBinary(desc, message.data);
}

if (NATS_MISSING) suite('nats protobuf').skip('protobuf over a real server', NATS_MISSING);
else declare();

function declare(): void {
  const test = suite('nats protobuf', { limitMs: 20_000 });
  const check = (title: string, body: (fixture: DoorFixture) => Promise<void>): void =>
    test(title, () => withDoor(body));

  check('a decision is sent and its verdict comes back, each as a message', async ({ client, backend }) => {
    const verdict = scriptedVerdict(ID);
    backend.decide = async () => verdict;
    const body = toBinary(DecisionRequestSchema, WIRE.decisionRequest.encode(REQUEST));
    const headers = { ...KNOWN, 'Content-Type': PROTOBUF };
    const answer = read(
      EvaluateResponseSchema,
      await client.request('witan.v1.decision.evaluate', body, { headers }),
    );
    assert.is(answer.decisionId, ID);
    assert.equal(WIRE.verdict.decode(answer.verdict!), verdict);
    assert.equal({ ...backend.submitted[0] }, REQUEST);
    const accepted = await client.request('witan.v1.decision.evaluate', body, {
      headers: { ...headers, 'Witan-Prefer': 'respond-async' },
    });
    assert.is(read(EvaluateResponseSchema, accepted).verdict, undefined);
  });

  check('body and answer may differ in form', async ({ client }) => {
    const body = toBinary(GetDecisionRequestSchema, {
      $typeName: 'witan.v1.GetDecisionRequest',
      decisionId: ID,
    });
    const headers = { ...KNOWN, 'Content-Type': PROTOBUF, Accept: 'application/json' };
    const verified = await client.request('witan.v1.decision.verify', body, { headers });
    assert.equal(jsonOf(verified), { verified: true, detail: 'stub' });
    const asked = { headers: { ...KNOWN, Accept: PROTOBUF } };
    const other = await client.request('witan.v1.decision.verify', { decisionId: ID }, asked);
    assert.is(read(VerifyResponseSchema, other).detail, 'stub');
    const list = await client.request('witan.v1.decision.list', {}, asked);
    assert.equal(read(ListDecisionsResponseSchema, list).items, []);
  });

  check('what has no protobuf form is JSON and says so; as a body it is refused', async ({ client }) => {
    const headers = { ...KNOWN, Accept: PROTOBUF };
    const health = await client.request('witan.v1.health.read', {}, { headers });
    assert.is(health.headers['content-type'], 'application/json');
    const refused = await client.request('witan.v1.actor.tree', Uint8Array.of(8, 1), {
      headers: { ...KNOWN, 'Content-Type': PROTOBUF },
    });
    assert.is(refused.headers['nats-service-error'], 'invalid_argument');
  });

  check('bytes that are no message, and fields that are none, are refused', async ({ client, backend }) => {
    const send = (body: Uint8Array): Promise<RawMessage> =>
      client.request('witan.v1.decision.evaluate', body, { headers: { ...KNOWN, 'Content-Type': PROTOBUF } });
    const whole = toBinary(DecisionRequestSchema, WIRE.decisionRequest.encode(REQUEST));
    for (const [body, code] of [
      [Uint8Array.of(0xff, 0xff, 0xff), 'bad_encoding'],
      [whole.subarray(0, whole.length - 1), 'bad_encoding'],
      [Uint8Array.of(...whole, 0xf8, 0x7f, 1), 'unknown_field'],
      [new Uint8Array(), 'invalid_argument'],
    ] as const) {
      const answer = await send(body);
      assert.is(answer.headers['nats-service-error'], code);
      assert.is(answer.headers['content-type'], 'application/json', 'errors are JSON');
    }
    assert.equal(backend.submitted, []);
  });

  check('events of a stream come as messages where that is asked for', async ({ client, backend }) => {
    const [first] = backend.publish(ID, ...openingEvents());
    const inbox = client.newInbox();
    const stream = client.subscribe(inbox);
    client.publish(
      'witan.v1.decision.follow',
      { decisionId: ID },
      {
        headers: { ...KNOWN, Accept: PROTOBUF },
        replyTo: inbox,
      },
    );
    assert.is((await stream.next()).headers['content-type'], 'application/json');
    const event = read(DecisionEventSchema, await stream.next());
    assert.equal(WIRE.decisionEvent.decode(event), first);
  });
}
