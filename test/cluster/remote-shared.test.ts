/** Data that several messages share is written once for a batch, and is whole at each of them. */
import { ByteCodec } from '../../cluster/remote/codec/byte-codec.ts';
import { CODEC_LIMITS } from '../../cluster/remote/codec/limits.ts';
import type { OwnerGate } from '../../cluster/remote/owner-gate.ts';
import { BatchWriter } from '../../cluster/remote/wire/batch.ts';
import { FRAME } from '../../cluster/remote/wire/frames.ts';
import { nodeSubject } from '../../contracts/cluster-names.ts';
import { query, spawnStateless } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import { freezeDeep } from '../../runtime/kernel/frozen.ts';
import { assert, suite } from '../harness.ts';
import { Rig } from './remote/rig.ts';
import type { NodeOptions, RigNode } from './remote/rig.ts';

const test = suite('parts that messages share');

interface Question {
  readonly decision: unknown;
  readonly seat: string;
  readonly replyTo?: ActorRef<string>;
}

const TEXT = 'The offer of the second supplier is lower by 300 euros a year. '.repeat(40);
const SEATS = Array.from({ length: 12 }, (_, at) => `seat-${at}`);
const decisionOf = (id: string) => freezeDeep({ id, request: { text: TEXT, parts: [1, null, { a: 'ü' }] } });

async function pair({ a: ofA = {}, b: ofB = {} }: { a?: NodeOptions; b?: NodeOptions } = {}) {
  const rig = new Rig();
  const a = await rig.node('a', ofA);
  const b = await rig.node('b', ofB);
  // By seat: who of them is first is up to the scheduler.
  const got = SEATS.map((): Question[] => []);
  SEATS.forEach((seat, at) =>
    spawnStateless(
      b.system,
      (message: Question) => {
        got[at]!.push(message);
        message.replyTo?.tell(`${seat} has read ${JSON.stringify(message.decision).length}`);
      },
      seat,
    ),
  );
  const refs = SEATS.map((seat) => a.remoting.ref<Question>('b', `/${seat}`));
  return { rig, a, b, got, refs };
}

const bytesOf = ({ remoting }: RigNode): number => remoting.counters.bytesSent;

test('twelve messages of one drain carry a frozen field once, and hold one object', async () => {
  const { rig, a, got, refs } = await pair();
  const decision = decisionOf('d1');
  refs.forEach((ref, at) => ref.tell({ decision, seat: SEATS[at]! }));
  await rig.settle();
  assert.equal(
    got,
    SEATS.map((seat) => [{ decision, seat }]),
  );
  assert.is(new Set(got.map(([message]) => message!.decision)).size, 1);
  assert.ok(Object.isFrozen(got[0]![0]!.decision));
  assert.ok(bytesOf(a) < 2 * TEXT.length, `${bytesOf(a)} bytes were sent`);
  // The next batch says it again: nothing is kept at the receiver.
  refs[0]!.tell({ decision, seat: 'again' });
  await rig.settle();
  assert.equal(got[0]!.at(-1), { decision, seat: 'again' });
});

test('asks are answered, and fields keep their order', async () => {
  const { rig, a, got, refs } = await pair();
  const asked = query<Question, string>(
    refs[3]!,
    (replyTo) => ({ decision: decisionOf('d1'), seat: 'x', replyTo }),
    { timeoutMs: 500, via: a.system },
  );
  await rig.settle();
  assert.match(await asked, /^seat-3 has read/);
  assert.equal(Object.keys(got[3]![0]!), ['decision', 'seat', 'replyTo']);
});

test('what may still change, what is small and what is special goes along with its message', async () => {
  const { rig, got, refs } = await pair();
  const open = { text: TEXT };
  refs[0]!.tell({ decision: open, seat: 'open' });
  open.text = 'changed afterwards';
  refs[1]!.tell({ decision: freezeDeep({ a: 1 }), seat: 'small' });
  refs[2]!.tell({ decision: freezeDeep({ text: `${TEXT}\ud800`, none: undefined }), seat: 'special' });
  await rig.settle();
  assert.equal(
    got.slice(0, 3).map(([message]) => message!.decision),
    [{ text: TEXT }, { a: 1 }, { text: `${TEXT}\ud800`, none: undefined }],
  );
});

test('a batch that is full begins anew with the part', async () => {
  const limits = { batchBytes: 4_000, batchFrames: 5 };
  const { rig, a, got, refs } = await pair({ a: { limits } });
  const decisions = [decisionOf('d1'), decisionOf('d2')];
  for (const decision of decisions) refs.forEach((ref, at) => ref.tell({ decision, seat: SEATS[at]! }));
  await rig.settle();
  assert.equal(
    got,
    SEATS.map((seat) => decisions.map((decision) => ({ decision, seat }))),
  );
  assert.ok(a.bus.count > 5);
  assert.ok(a.bus.published.every(({ data }) => data.length <= 4_000));
});

test('a node that speaks version 1 is sent whole messages', async () => {
  const { rig, a, got, refs } = await pair({ b: { versions: { min: 1, max: 1 } } });
  const decision = decisionOf('d1');
  refs.forEach((ref, at) => ref.tell({ decision, seat: SEATS[at]! }));
  await rig.settle();
  assert.equal(
    got,
    SEATS.map((seat) => [{ decision, seat }]),
  );
  assert.ok(bytesOf(a) > 12 * TEXT.length);
});

test('what is too long in all is refused, and nothing of it goes', async () => {
  const { rig, a, got, refs } = await pair();
  const half = () => freezeDeep({ text: 'x'.repeat(600_000) });
  refs[0]!.tell({ decision: half(), seat: half() } as never);
  await rig.settle();
  assert.equal([got[0]!.length, a.remoting.counters.undelivered, a.bus.count], [0, 1, 0]);
  const refused = query<Question, string>(
    refs[0]!,
    (replyTo) => ({ decision: freezeDeep({ deep: [{ f: () => 1 }] }), seat: 'x', replyTo }),
    { timeoutMs: 500, via: a.system },
  ).catch((error: Error) => error.message);
  await rig.settle();
  assert.match(await refused, /decision\.deep\.0\.f/);
});

test('a letter that is sent back is whole', async () => {
  const { rig, a, b } = await pair();
  const returned: unknown[] = [];
  const gate = (change: Partial<OwnerGate>): OwnerGate => ({
    ...{ prefix: '/entities/', refOf: () => undefined, decide: () => ({ generation: 9, node: 'c' }) },
    ...{ returned: ({ message }) => void returned.push(message) },
    ...change,
  });
  b.remoting.setGate(gate({}));
  const decision = decisionOf('d1');
  const to = [1, 2].map((n) => a.remoting.ref<Question>('b', `/entities/diary/3@41/${n}`));
  a.remoting.setGate(gate({}));
  for (const ref of to) ref.tell({ decision, seat: 'moved' });
  await rig.settle();
  assert.equal(returned, [
    { decision, seat: 'moved' },
    { decision, seat: 'moved' },
  ]);
});

test('letters that name parts which are not there cost themselves alone', async () => {
  const { rig, a, b, got } = await pair();
  const codec = new ByteCodec(CODEC_LIMITS);
  const letter = (content: unknown, shared: unknown): unknown[] => [
    ...[FRAME.tell, '/seat-0', content, false, null, null, null, null],
    shared,
  ];
  const part = [FRAME.part, 1, { text: 'x' }];
  const frames = [
    part,
    letter({ decision: null, seat: 'no such part' }, ['decision', 2]),
    letter({ decision: 'held', seat: 'written over' }, ['decision', 1]),
    letter({ seat: 'no such field' }, ['decision', 1]),
    letter({ seat: 'prototype' }, ['__proto__', 1]),
    letter(null, ['decision', 1]),
    letter({ decision: null, seat: 'odd' }, ['decision']),
    letter({ decision: null, seat: 'good' }, ['decision', 1]),
    [FRAME.part, -1, {}],
    // Bytes cannot be frozen.
    [FRAME.part, 3, { bytes: Uint8Array.of(1) }],
    letter({ decision: null, seat: 'bytes' }, ['decision', 3]),
  ];
  const writer = new BatchWriter({ node: 'a', incarnation: a.incarnation });
  for (const frame of frames) writer.add(codec.encode(frame));
  a.bus.publish(nodeSubject('test', 'b', b.incarnation), writer.take(2, 1));
  await rig.settle();
  assert.equal(got[0], [{ decision: { text: 'x' }, seat: 'good' }]);
  assert.is(b.remoting.counters.refused, 9);
});
