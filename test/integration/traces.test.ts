/** Traces of a whole node against a real receiver: one decision through the HTTP door, from the caller's span on. */
import { createRequire } from 'node:module';
import { Agents } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import type { ServeResponse } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import { createHost } from '../../index.ts';
import type { Host, SettingsInput } from '../../index.ts';
import { GrpcTestClient, reading } from '../doors/grpc-client.ts';
import { jsonOf, RawNats } from '../doors/raw-nats.ts';
import { madeKey } from '../doors/started-node.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import { startOtlpReceiver } from '../otlp-receiver.ts';
import type { OtlpReceiver, ReceivedSpan } from '../otlp-receiver.ts';

const test = suite('traces', { limitMs: 180_000 });

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

async function started(
  telemetry: NonNullable<SettingsInput['telemetry']>,
  settings: SettingsInput = {},
): Promise<Host> {
  const host = await createHost({ dataDir: null, settings: { http: { port: 0 }, telemetry, ...settings } });
  await host.start();
  return host;
}

async function decide(host: Host, headers: Record<string, string>): Promise<string> {
  const response = await fetch(`${host.address!.url}/api/v1/decisions/evaluate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...BENIGN, council: 'always' }),
  });
  assert.is(response.status, 200);
  return ((await response.json()) as { body: { decisionId: string } }).body.decisionId;
}

/** Spans of the caller's trace, delivered: the node is stopped, which hands out the rest. */
async function spansOf(host: Host, receiver: OtlpReceiver, traceId: string): Promise<ReceivedSpan[]> {
  await host.stop();
  return receiver.spans.filter((span) => span.traceId === traceId);
}

test('without a collector no module of the SDK is loaded', async () => {
  const host = await started({});
  await decide(host, {});
  const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) =>
    /@opentelemetry[\\/](sdk-|exporter-|otlp-)/.test(file),
  );
  await host.stop();
  assert.equal(loaded, []);
});

test('one decision is one tree below the caller: door, gate, decision, steps, ballots, appends', async () => {
  const receiver = await startOtlpReceiver();
  const host = await started({ otlpUrl: receiver.url, otlpHeaders: { 'x-token': 'of-the-collector' } });
  const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
  const decisionId = await decide(host, { traceparent });
  const spans = await spansOf(host, receiver, CALLER.traceId);
  await receiver.close();
  const find = (name: string): ReceivedSpan => {
    const found = spans.filter((span) => span.name === name);
    assert.is(found.length, 1, `${found.length} spans ${name}`);
    return found[0]!;
  };
  const children = (parent: ReceivedSpan): string[] =>
    spans
      .filter(({ parentSpanId }) => parentSpanId === parent.spanId)
      .map(({ name }) => name)
      .sort();
  const door = find('decision.evaluate');
  assert.equal([door.parentSpanId, door.kind], [CALLER.spanId, 2]);
  assert.equal(children(door), ['invoke_workflow decision', 'witan.gate']);
  const decision = find('invoke_workflow decision');
  assert.equal(children(decision), [
    'invoke_workflow council',
    'witan.append',
    'witan.append',
    'witan.step bias',
    'witan.step policy',
    'witan.step privacy',
    'witan.step safety',
  ]);
  assert.is(decision.attributes['gen_ai.conversation.id'], decisionId);
  assert.is(decision.attributes['gen_ai.operation.name'], 'invoke_workflow');
  assert.is(decision.attributes['witan.decision.decided_by'], 'council');
  const council = find('invoke_workflow council');
  const ballots = spans.filter(({ parentSpanId }) => parentSpanId === council.spanId);
  assert.is(new Set(ballots.map(({ attributes }) => attributes['gen_ai.agent.id'])).size, 12);
  for (const { attributes, events, startNs, endNs } of ballots) {
    assert.is(attributes['gen_ai.operation.name'], 'invoke_agent');
    assert.ok(endNs >= startNs);
    assert.is(events[0]!.name, 'gen_ai.evaluation.result');
    const score = events[0]!.attributes['gen_ai.evaluation.score.value'];
    assert.ok(typeof score === 'number' && score >= 0 && score <= 1);
  }
  assert.is(receiver.headers()['x-token'], 'of-the-collector');
  const said = JSON.stringify(spans, (_key, value: unknown) => (typeof value === 'bigint' ? 0 : value));
  for (const word of BENIGN.text.split(' ').filter(({ length }) => length > 6)) {
    assert.not.ok(said.includes(word), word);
  }
});

const AGENT = { title: 'A', mandate: 'M', publicKey: 'ab'.repeat(32), decisionTypes: [] };

/** Joins over gRPC; gives the trace context of the first work. */
async function joinedOverGrpc(host: Host): Promise<{ work: Promise<string | undefined>; end(): void }> {
  const client = new GrpcTestClient(host.grpcAddress!.target);
  const stream = client.bothStream(Agents.method.serve, {});
  const { next } = reading<ServeResponse>(stream);
  stream.write({ message: { case: 'register', value: { agentId: 'over-grpc', ...AGENT } } });
  const [registered] = await next(1);
  assert.is(registered?.message.case, 'registered');
  const work = next(2).then(([, { message } = registered!]) => {
    assert.is(message.case, 'work');
    return message.case === 'work' ? message.value.traceparent : undefined;
  });
  return { work, end: () => (stream.cancel(), client.close()) };
}

/** The same over NATS. */
async function joinedOverNats(
  port: number,
  apiKey: string,
): Promise<{ work: Promise<string | undefined>; end(): void }> {
  const client = await RawNats.connect(port);
  const inbox = client.newInbox();
  const stream = client.subscribe(inbox);
  const body = { agent: { agentId: 'over-nats', ...AGENT } };
  client.publish('witan.v1.agent.serve', body, { headers: { 'Witan-Api-Key': apiKey }, replyTo: inbox });
  const opened = await stream.next();
  assert.is(opened.headers['witan-frame'], 'open', opened.data.toString());
  const work = stream.next().then((message) => {
    assert.is(message.headers['witan-frame'], 'work');
    return jsonOf<{ traceparent?: string }>(message).traceparent;
  });
  // The registration stands when the door has answered what came after it.
  await client.request('witan.v1.health.read');
  return { work, end: () => client.close() };
}

const OUTSIDE = 'outside agents get the context of the council’s span, over gRPC and NATS, and none untraced';
if (NATS_MISSING) test.skip(OUTSIDE, NATS_MISSING);
else {
  test(OUTSIDE, async () => {
    const [server, receiver] = await Promise.all([startNats(), startOtlpReceiver()]);
    for (const isTraced of [true, false]) {
      const host = await started(isTraced ? { otlpUrl: receiver.url } : {}, { nats: { url: server.url } });
      const agents = [
        await joinedOverGrpc(host),
        await joinedOverNats(server.port, await madeKey(host.address!.url, ['agent'])),
      ];
      await decide(host, { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` });
      const given = await Promise.all(agents.map(({ work }) => work));
      for (const agent of agents) agent.end();
      if (isTraced) {
        const spans = await spansOf(host, receiver, CALLER.traceId);
        const council = spans.find(({ name }) => name === 'invoke_workflow council')!;
        const expected = `00-${CALLER.traceId}-${council.spanId}-01`;
        assert.equal(given, [expected, expected]);
      } else {
        await host.stop();
        assert.equal(given, [undefined, undefined]);
      }
    }
    await receiver.close();
    await server.end();
  });
}

test('a caller who does not sample is not traced, nor is what falls out of the share', async () => {
  const receiver = await startOtlpReceiver();
  const host = await started({ otlpUrl: receiver.url, traceSampleBp: 0 });
  await decide(host, { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-00` });
  await decide(host, {});
  await host.stop();
  await receiver.close();
  assert.is(receiver.spans.length, 0);
});

test('a collector that does not answer costs neither a decision nor the stop', async () => {
  const receiver = await startOtlpReceiver();
  await receiver.close();
  const host = await started({ otlpUrl: receiver.url });
  await decide(host, {});
  await host.stop();
  assert.is(host.status, 'stopped');
});
