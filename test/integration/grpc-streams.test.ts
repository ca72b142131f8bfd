/** Streams of the gRPC door: resume, slow readers, bounds, outside agents, closing. */
import { status } from '@grpc/grpc-js';
import { WitanError } from '../../contracts/errors.ts';
import type { Ballot } from '../../contracts/messages/ballot.ts';
import { DecisionId, Digest } from '../../contracts/messages/ids.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import { WIRE } from '../../contracts/proto/convert/wire-messages.ts';
import { Agents } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import type { ServeResponse } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { EvaluateStreamResponse } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { Operator } from '../../contracts/proto/gen/witan/v1/operator_service_pb.ts';
import type { TreeEvent } from '../../runtime/kernel/inspection-info.ts';
import type {
  OutsideAgent,
  OutsideAgentStream,
  OutsideWork,
} from '../../runtime/kernel/ports/decision/outside-agents.ts';
import { GrpcTestClient, reading } from '../doors/grpc-client.ts';
import { openGrpcDoor } from '../doors/grpc-door.ts';
import { ballotEvents, openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';

const test = suite('grpc-streams', { limitMs: 20_000 });
const opened = await openGrpcDoor({
  limits: { inFlightMaxCount: 4, streamMaxCount: 8, registerMs: 300, stallMs: 1_000 },
});
const { backend, gate, door, target } = opened;
const client = new GrpcTestClient(target);
test.after(async () => {
  client.close();
  await door.close();
});

const { watch, evaluateStream } = Council.method;
const { serve } = Agents.method;
let lastId = 800;

function publishedDecision(): DecisionId {
  const decisionId = scriptedId((lastId += 1));
  backend.publish(decisionId, ...openingEvents());
  return decisionId;
}

/** Resolves when `isTrue`; the door tells nothing of it, so it is asked each turn of the loop. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test('events of a decision come in order, and again from any sequence number', async () => {
  const decisionId = publishedDecision();
  const history = backend.events.history(decisionId);
  const first = client.serverStream(watch, { decisionId });
  const seen = await reading(first).next(history.length);
  assert.equal(
    seen.map(({ message }) =>
      message.case === 'event' ? WIRE.decisionEvent.decode(message.value) : message.case,
    ),
    history,
  );
  first.cancel();
  const resumed = client.serverStream(watch, { decisionId, afterSequence: BigInt(history.length - 1) });
  const live = reading(resumed).next(2);
  backend.publish(decisionId, ...ballotEvents(decisionId, 1));
  const sequences = (await live).map(({ message }) =>
    message.case === 'event' ? message.value.sequence : -1n,
  );
  assert.equal(sequences, [BigInt(history.length), BigInt(history.length + 1)]);
  resumed.cancel();
  await until(() => door.streamCount === 0);
  assert.is(gate.openCount, 0);
});

test('a decision whose stream has left memory comes as a snapshot, and the stream ends', async () => {
  const decisionId = scriptedId(777);
  backend.views.set(decisionId, {
    decisionId,
    state: 'open',
    type: 'chat',
    request: { type: 'chat', text: 'x' },
    sessionDigest: 's',
    submittedBy: 'local',
    openedAt: 'now',
    verdict: null,
    record: { logId: 'log', openedIndex: 0, finalIndex: null, state: 'pending' },
    resolutions: [],
  });
  const stream = reading(client.serverStream(watch, { decisionId }));
  assert.is(await stream.ended, undefined);
  assert.is(stream.messages[0]?.message.case, 'snapshot');
});

test('what cannot be followed is refused', async () => {
  const wrong = await reading(client.serverStream(watch, { decisionId: 'x' })).ended;
  assert.equal([wrong?.code, wrong?.error?.path], ['invalid_argument', 'decisionId']);
  const all = await reading(client.serverStream(watch, { afterSequence: 3n })).ended;
  assert.equal([all?.code, all?.error?.path], ['invalid_argument', 'afterSequence']);
  const absent = await reading(client.serverStream(watch, { decisionId: scriptedId(1) })).ended;
  assert.is(absent?.status, status.NOT_FOUND);
});

test('a slow reader of all decisions is told what it lost, and its memory is bounded', async () => {
  const stream = client.serverStream(watch, {});
  stream.pause();
  await until(() => door.streamCount === 1);
  const before = process.memoryUsage().heapUsed;
  const decisionId = scriptedId(900);
  const bodies = [...openingEvents(), ...ballotEvents(decisionId, 12)];
  for (let round = 0; round < 1_500; round += 1) {
    backend.publish(decisionId, ...bodies);
    if (round % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const publishedCount = 1_500 * bodies.length;
  const grownMiB = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  assert.ok(grownMiB < 60, `${grownMiB.toFixed(1)} MiB more for ${publishedCount} events`);
  const { messages } = reading(stream);
  stream.resume();
  await until(() => messages.some(({ message }) => message.case === 'gap'));
  const gap = messages.find(({ message }) => message.case === 'gap')!.message;
  assert.ok(gap.case === 'gap' && gap.value.droppedCount > 1_000n);
  assert.ok(messages.length < publishedCount);
  stream.cancel();
  await until(() => door.streamCount === 0);
});

test('a reader that takes nothing for too long is cut off', async () => {
  const stream = client.serverStream(watch, {});
  const { ended } = reading(stream);
  stream.pause();
  await until(() => door.streamCount === 1);
  const decisionId = scriptedId(901);
  while (door.streamCount > 0) {
    backend.publish(decisionId, ...ballotEvents(decisionId, 12));
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.resume();
  assert.is((await ended)?.code, 'overloaded');
});

test('changes of the tree are followed; a slow follower gets the count of what it lost', async () => {
  let emit: (event: TreeEvent) => void = () => undefined;
  let isFollowed = false;
  backend.watchTree = (_principal, onEvent) => {
    emit = onEvent;
    isFollowed = true;
    return () => (isFollowed = false);
  };
  const stream = client.serverStream(Operator.method.watchTree, {});
  stream.pause();
  await until(() => isFollowed);
  for (let at = 0; at < 20_000; at += 1) {
    emit({ kind: 'crashed', path: `/a/${at}`, error: 'x'.repeat(200), decision: 'restart' });
    if (at % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { messages } = reading(stream);
  stream.resume();
  const lostCount = (): number =>
    messages.reduce((sum, { message }) => sum + Number(message.case === 'droppedCount' && message.value), 0);
  const eventCount = (): number => messages.filter(({ message }) => message.case === 'event').length;
  await until(() => lostCount() + eventCount() >= 20_000);
  assert.ok(lostCount() > 10_000, `${lostCount()} were lost`);
  assert.is(lostCount() + eventCount(), 20_000);
  stream.cancel();
  await until(() => !isFollowed);
});

test('many decisions go over one stream, in any order, bounded in number', async () => {
  const verdicts = new Map<DecisionId, (verdict: Verdict) => void>();
  backend.decide = (decisionId) => new Promise((resolve) => verdicts.set(decisionId, resolve));
  const stream = client.bothStream(evaluateStream);
  const { messages, ended } = reading(stream as never) as ReturnType<typeof reading<EvaluateStreamResponse>>;
  const submittedBefore = backend.submitted.length;
  for (let at = 0; at < 10; at += 1) {
    stream.write({ correlationId: `c${at}`, decision: { type: 'chat', text: `${at}` } });
  }
  stream.write({ correlationId: 'bad', decision: { type: 'chat' } });
  stream.end();
  await until(() => verdicts.size === 4);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.is(backend.submitted.length - submittedBefore, 4, 'more were open than allowed');
  while (verdicts.size > 0 || messages.filter(({ result }) => result.case === 'verdict').length < 10) {
    // The last first: answers need not keep the order of the questions.
    for (const [decisionId, decide] of [...verdicts].reverse()) {
      verdicts.delete(decisionId);
      decide(scriptedVerdict(decisionId));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.is(await ended, undefined);
  const kinds = (kind: string): string[] =>
    messages.filter(({ result }) => result.case === kind).map(({ correlationId }) => correlationId);
  const all = Array.from({ length: 10 }, (_, at) => `c${at}`);
  assert.equal([kinds('accepted').sort(), kinds('verdict').sort(), kinds('error')], [all, all, ['bad']]);
  const admitted = gate.calls.filter(({ operation }) => operation === 'decision.evaluate');
  assert.ok(admitted.length >= 11, 'each decision of the stream is let in by the gate');
  await until(() => gate.openCount === 0);
});

test('a correlation id that is open ends the stream', async () => {
  backend.decide = () => new Promise(() => undefined);
  const stream = client.bothStream(evaluateStream);
  const { ended } = reading(stream as never) as ReturnType<typeof reading<EvaluateStreamResponse>>;
  const decision = { type: 'chat', text: 'x' };
  stream.write({ correlationId: 'same', decision });
  stream.write({ correlationId: 'same', decision });
  const failed = await ended;
  assert.equal([failed?.code, failed?.error?.path], ['invalid_argument', 'correlationId']);
});

interface FakeAgents {
  agent: OutsideAgent | undefined;
  stream: OutsideAgentStream | undefined;
  readonly ballots: Ballot[];
  readonly declined: string[];
  closeCount: number;
}

function fakeAgents(): FakeAgents {
  const fake: FakeAgents = { agent: undefined, stream: undefined, ballots: [], declined: [], closeCount: 0 };
  backend.outsideAgents.register = async (agent, _principal, stream) => {
    if (agent.agentId === 'taken') throw new WitanError('already_exists', 'the agent is connected');
    Object.assign(fake, { agent, stream });
    return {
      cast: async (ballot) => {
        if (ballot.body.scoreBp === 0) throw new WitanError('bad_signature', 'the ballot does not verify');
        fake.ballots.push(ballot);
      },
      decline: (decisionId, detail) => fake.declined.push(`${decisionId} ${detail}`),
      close: () => (fake.closeCount += 1),
    };
  };
  return fake;
}

const card = {
  agentId: 'acme-reviewer',
  title: 'Acme',
  mandate: 'Looks at loans',
  publicKey: 'ab'.repeat(32),
  decisionTypes: ['loan'],
};

function serving(extras = {}): {
  stream: ReturnType<typeof open>;
  read: ReturnType<typeof reading<ServeResponse>>;
} {
  const stream = open(extras);
  return { stream, read: reading(stream as never) as ReturnType<typeof reading<ServeResponse>> };
}
const open = (extras = {}) => client.bothStream(serve, extras);

test('an outside agent registers, gets work, casts and declines, and is absent when its stream ends', async () => {
  const fake = fakeAgents();
  const { stream, read } = serving();
  stream.write({ message: { case: 'register', value: card } });
  assert.is((await read.next(1))[0]?.message.case, 'registered');
  assert.equal(fake.agent, card);
  const ballot = ballotOf();
  const work: OutsideWork = {
    decision: {
      decisionId: ballot.body.decisionId,
      tenant: 'local',
      digest: ballot.body.decisionDigest,
      request: { type: 'loan', text: 'x' },
    },
    round: 1,
    sessionDigest: Digest.parse(`sha256:${'0'.repeat(64)}`),
    peers: [],
    previous: null,
    budgetMs: 1_000,
  };
  assert.is(fake.stream!.onWork(work), true);
  const given = (await read.next(2))[1]!.message;
  assert.equal(given.case === 'work' && WIRE.outsideWork.decode(given.value), work);
  stream.write({ message: { case: 'cast', value: { ballot: WIRE.ballot.encode(ballot) } } });
  assert.is((await read.next(3))[2]?.message.case, 'taken');
  assert.equal(fake.ballots, [ballot]);
  const forged = { ...ballot, body: { ...ballot.body, scoreBp: 0 } };
  stream.write({ message: { case: 'cast', value: { ballot: WIRE.ballot.encode(forged) } } });
  const refused = (await read.next(4))[3]!.message;
  assert.is(refused.case === 'notTaken' && refused.value.error?.code, 'bad_signature');
  const { decisionId } = ballot.body;
  stream.write({ message: { case: 'decline', value: { decisionId, detail: 'no view' } } });
  await until(() => fake.declined.length === 1);
  fake.stream!.onCancel(decisionId);
  assert.is((await read.next(5))[4]?.message.case, 'cancelled');
  assert.is(fake.closeCount, 0);
  stream.cancel();
  await until(() => fake.closeCount === 1);
  assert.is(fake.stream!.onWork(work), false);
});

test('an agent that does not read is given no more work', async () => {
  const fake = fakeAgents();
  const stream = open();
  stream.on('error', () => undefined);
  stream.pause();
  stream.write({ message: { case: 'register', value: card } });
  await until(() => fake.stream !== undefined);
  const ballot = ballotOf();
  const request = { type: 'loan', text: 'x'.repeat(100_000) };
  const { decisionId, decisionDigest: digest, sessionDigest } = ballot.body;
  const decision = { decisionId, tenant: 'local', digest, request };
  let takenCount = 0;
  while (fake.stream!.onWork({ decision, round: 1, sessionDigest, peers: [], previous: null, budgetMs: 1 })) {
    takenCount += 1;
    assert.ok(takenCount < 200, 'the stream never fills');
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.cancel();
  await until(() => fake.closeCount === 1);
});

test('a stream that says anything before its registration, or nothing at all, is ended', async () => {
  fakeAgents();
  const early = serving();
  early.stream.write({ message: { case: 'decline', value: { decisionId: scriptedId(1), detail: '' } } });
  assert.is((await early.read.ended)?.code, 'invalid_argument');
  const silent = serving();
  assert.is((await silent.read.ended)?.code, 'deadline_exceeded');
  const taken = serving();
  taken.stream.write({ message: { case: 'register', value: { ...card, agentId: 'taken' } } });
  assert.is((await taken.read.ended)?.status, status.ALREADY_EXISTS);
  const wrong = serving();
  wrong.stream.write({ message: { case: 'register', value: { ...card, publicKey: 'x' } } });
  assert.is((await wrong.read.ended)?.error?.path, 'publicKey');
  const stranger = serving({ metadata: { 'x-api-key': 'weak' } });
  assert.is((await stranger.read.ended)?.status, status.PERMISSION_DENIED);
});

test('the node ends a registration with its reason', async () => {
  const fake = fakeAgents();
  const { stream, read } = serving();
  stream.write({ message: { case: 'register', value: card } });
  await read.next(1);
  fake.stream!.onEnd('the key was revoked');
  assert.is(await read.ended, undefined);
  const last = read.messages.at(-1)!.message;
  assert.is(last.case === 'ended' && last.value.reason, 'the key was revoked');
  await until(() => fake.closeCount === 1);
});

test('more streams than allowed are refused, with a time to come back', async () => {
  const streams = Array.from({ length: 8 }, () => client.serverStream(watch, {}));
  for (const stream of streams) stream.on('error', () => undefined);
  await until(() => door.streamCount === 8);
  const refused = await reading(client.serverStream(watch, {})).ended;
  assert.equal([refused?.code, refused?.error?.retryAfterMs], ['overloaded', 5_000]);
  for (const stream of streams) stream.cancel();
  await until(() => door.streamCount === 0);
  assert.is(gate.openCount, 0);
});

test('a door that closes ends its streams and lets calls under way end', async () => {
  const other = await openGrpcDoor();
  const its = new GrpcTestClient(other.target);
  const { ended } = reading(its.serverStream(watch, {}));
  await until(() => other.door.streamCount === 1);
  let decide: (verdict: Verdict) => void = () => undefined;
  other.backend.decide = () => new Promise((resolve) => (decide = resolve));
  const answer = its.unary(Council.method.evaluate, { decision: { type: 'chat', text: 'x' } });
  await until(() => other.backend.submitted.length === 1);
  const closed = other.door.close(5_000);
  assert.is((await ended)?.code, 'unavailable');
  decide(scriptedVerdict(scriptedId(1)));
  assert.ok((await answer).verdict);
  await closed;
  await other.door.close();
  its.close();
});

function ballotOf(): Ballot {
  const event = ballotEvents(scriptedId(3), 1).find((one) => one.type === 'ballot');
  if (event?.type !== 'ballot') throw new Error('there is no ballot');
  return event.ballot;
}
