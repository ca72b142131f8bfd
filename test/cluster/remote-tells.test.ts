import { refusal } from '../../cluster/remote/wire/batch.ts';
import { nodeSubject } from '../../contracts/cluster-names.ts';
import { query, spawnStateless } from '../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';
import { Rig } from './remote/rig.ts';
import type { NodeOptions, RigNode } from './remote/rig.ts';

const test = suite('messages between nodes');

async function pair(options: NodeOptions = {}) {
  const rig = new Rig();
  const a = await rig.node('a', options);
  const b = await rig.node('b');
  const got = sink(b, 'sink');
  return { rig, a, b, got, to: a.remoting.ref<unknown>('b', '/sink') };
}

function sink(node: RigNode, name: string): unknown[] {
  const got: unknown[] = [];
  spawnStateless(node.system, (message: unknown) => void got.push(message), name, {
    mailbox: { capacity: 100_000 },
  });
  return got;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('what one drain sends leaves as one publish, in order', async () => {
  const { rig, a, b, got, to } = await pair();
  const other = sink(b, 'other');
  const second = a.remoting.ref<unknown>('b', '/other');
  for (const n of numbers(500)) (n % 2 === 0 ? to : second).tell(n);
  await rig.settle();
  assert.is(a.bus.count, 1);
  assert.equal(
    got,
    numbers(500).filter((n) => n % 2 === 0),
  );
  assert.equal(
    other,
    numbers(500).filter((n) => n % 2 === 1),
  );
  const { framesSent, batchesSent, bytesSent } = a.remoting.counters;
  assert.equal([framesSent, batchesSent], [500, 1]);
  const { framesReceived, batchesReceived, bytesReceived } = b.remoting.counters;
  assert.equal([framesReceived, batchesReceived, bytesReceived], [500, 1, bytesSent]);
});

test('a batch is split by count and by bytes; no publish passes the payload limit', async () => {
  const { rig, a, got, to } = await pair({ limits: { batchFrames: 100, batchBytes: 20_000 } });
  for (const n of numbers(250)) to.tell(n);
  await rig.settle();
  assert.is(a.bus.count, 3);
  for (const n of numbers(10)) to.tell({ n, text: 'x'.repeat(9_000) });
  to.tell('y'.repeat(999_000));
  await rig.settle();
  assert.is(got.length, 261);
  assert.ok(a.bus.published.every(({ data }) => data.length < 1_048_576));
  assert.ok(a.bus.published.slice(3, 8).every(({ data }) => data.length <= 20_000));
});

test('a message that cannot leave is a dead letter with node and path', async () => {
  const { rig, a, got, to } = await pair();
  const sender = spawnStateless(a.system, () => {}, 'sender') as AnyRef;
  to.tell('z'.repeat(1_000_001), sender);
  to.tell({ bad: () => 1 }, sender);
  // Few enough characters, too many bytes.
  to.tell('€'.repeat(400_000), sender);
  a.remoting.ref('nowhere', '/x/y').tell('lost', sender);
  to.tell('kept');
  await rig.settle();
  assert.equal(got, ['kept']);
  const letters = a.system
    .deadLetters()
    .map(({ node, recipient, sender: from, reason }) => [node, recipient, from, reason]);
  assert.equal(letters, [
    ['b', '/sink', '/sender', 'undeliverable'],
    ['b', '/sink', '/sender', 'undeliverable'],
    ['b', '/sink', '/sender', 'undeliverable'],
    ['nowhere', '/x/y', '/sender', 'undeliverable'],
  ]);
  assert.is(a.remoting.counters.undelivered, 4);
  await rig.node('nowhere');
  assert.ok(a.system.replayDeadLetter(4));
  await rig.settle();
  assert.is(a.remoting.counters.undelivered, 4, 'a replay goes to the node of the letter');
});

test('a message for nobody is a dead letter where nobody was', async () => {
  const { rig, a, b } = await pair();
  a.remoting.ref('b', '/ghost').tell({ type: 'boo' });
  await rig.settle();
  const [letter] = b.system.deadLetters();
  assert.equal([letter!.recipient, letter!.reason, letter!.messageType], ['/ghost', 'no-such-actor', 'boo']);
  assert.is(letter!.node, undefined);
});

test('lost batches are counted, doubled and overtaken ones are not handled', async () => {
  const { rig, a, b, got, to } = await pair();
  const fates = ['pass', 'drop', 'drop', 'twice', { delayMs: 5 }, 'pass'] as const;
  a.bus.decide = (_, count) => fates[count - 1] ?? 'pass';
  for (const n of numbers(7)) {
    to.tell(n);
    await rig.settle();
  }
  await rig.sim.advance(10);
  assert.equal(got, [0, 3, 5, 6]);
  assert.is(b.remoting.counters.batchesLost, 3);
  assert.is(b.remoting.counters.batchesRepeated, 2);
});

test('while the broker takes nothing the buffer is bounded, and what overflows is told', async () => {
  const { rig, a, got, to } = await pair({
    limits: { windowBytes: 4_000, maxBufferedBytes: 20_000, batchBytes: 2_000 },
  });
  let open = (): void => {};
  a.bus.flushGate = new Promise((resolve) => (open = resolve));
  for (const n of numbers(100)) {
    to.tell({ n, text: 'x'.repeat(500) });
    if (n % 10 === 9) await rig.settle();
  }
  const left = a.system.deadLetterTotals()['mailbox-full'] ?? 0;
  assert.ok(left > 40 && left < 70, String(left));
  const refused = query(a.remoting.ref('b', '/sink'), () => 'x'.repeat(800), {
    timeoutMs: 10,
    via: a.system,
  });
  const code = await rig.sim.until(refused.then(null, (error: { code: string }) => error.code));
  assert.is(code, 'overloaded');
  a.bus.flushGate = undefined;
  open();
  await rig.settle();
  assert.equal(
    got.map((message) => (message as { n: number }).n),
    numbers(100 - left),
  );
  to.tell('again');
  await rig.settle();
  assert.is(got.at(-1), 'again');
});

test('a publish that fails fails its asks, and the next one goes', async () => {
  const { rig, a, got, to } = await pair();
  a.bus.decide = (_, count) => (count === 1 ? 'throw' : 'pass');
  const ask = query(a.remoting.ref('b', '/sink'), () => 1, { timeoutMs: 60_000, via: a.system });
  assert.is(await rig.sim.until(ask.then(null, (error: { code: string }) => error.code)), 'unavailable');
  to.tell('next');
  await rig.settle();
  assert.equal(got.at(-1), 'next');
});

test('refs to one address are one ref while somebody holds it', async () => {
  const { rig, a, b, to } = await pair();
  const seen: unknown[] = [];
  spawnStateless(
    b.system,
    (message: { ref: ActorRef }, ctx) => void seen.push(message.ref, ctx.sender),
    'keep',
  );
  const me = spawnStateless(a.system, () => {}, 'me') as AnyRef;
  for (let times = 0; times < 2; times += 1) a.remoting.ref<unknown>('b', '/keep').tell({ ref: me }, me);
  a.remoting.ref<unknown>('b', '/keep').tell({ ref: to });
  await rig.settle();
  assert.is(seen[0], b.remoting.ref('a', '/me'));
  assert.ok(seen.slice(0, 4).every((ref) => ref === seen[0]));
  assert.is(seen[4], b.system.find('/sink'), 'an own address that comes back is the local one');
  assert.is(a.remoting.ref('a', '/me'), me);
  assert.is(to, a.remoting.ref('b', '/sink'));
});

test('bytes of strangers are counted and change nothing', async () => {
  const { rig, b, got, to, a } = await pair();
  const subject = nodeSubject('test', 'b', b.incarnation);
  to.tell(1);
  await rig.settle();
  const good = a.bus.published[0]!.data;
  const bad = [
    new Uint8Array(),
    new Uint8Array([1, 2, 3]),
    good.slice(0, 20),
    good.slice(0, good.length - 1),
  ];
  for (const at of [0, 1, 9, 12, 30]) {
    const bytes = good.slice();
    bytes[at] = 0xfe;
    bad.push(bytes);
  }
  // A whole batch of the future number 9, with a frame of an unknown kind.
  const unknown = good.slice();
  unknown[8] = 9;
  unknown[unknown.length - 8] = 99;
  for (const bytes of [...bad, unknown]) rig.bus.publish(subject, bytes);
  await rig.settle();
  assert.equal(got, [1]);
  assert.ok(b.remoting.counters.refused >= bad.length - 2);
  to.tell(2);
  await rig.settle();
  assert.ok(got.length <= 2);
});

test('a run that is gone is not listened to any more', async () => {
  const { rig, a, b, got, to } = await pair();
  to.tell(1);
  await rig.settle();
  rig.world.gone('a', a.incarnation);
  to.tell(2);
  await rig.settle();
  assert.equal(got, [1]);
  assert.is(b.remoting.counters.refused, 1);
});

test('two versions side by side speak the highest that both know', async () => {
  const rig = new Rig();
  const old = await rig.node('old', { versions: { min: 1, max: 1 } });
  const both = await rig.node('both', { versions: { min: 1, max: 2 } });
  const fresh = await rig.node('fresh', { versions: { min: 2, max: 2 } });
  const nodes = { old, both, fresh };
  const gots = Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, sink(node, 'sink')]));
  const version = (from: RigNode, to: RigNode, name: string): number => {
    const subject = nodeSubject('test', name, to.incarnation);
    return from.bus.published.filter((message) => message.subject === subject).at(-1)!.data[2]!;
  };
  old.remoting.ref('both', '/sink').tell('from old');
  fresh.remoting.ref('both', '/sink').tell('from fresh');
  both.remoting.ref('old', '/sink').tell('down');
  both.remoting.ref('fresh', '/sink').tell('up');
  await rig.settle();
  gots['both']!.sort().reverse();
  assert.equal(gots, { old: ['down'], both: ['from old', 'from fresh'], fresh: ['up'] });
  assert.equal([version(both, old, 'old'), version(both, fresh, 'fresh')], [1, 2]);
  assert.equal([version(old, both, 'both'), version(fresh, both, 'both')], [1, 2]);
  const ask = query(old.remoting.ref('fresh', '/sink'), () => 1, { timeoutMs: 100, via: old.system });
  const code = await rig.sim.until(ask.then(null, (error: { code: string }) => error.code));
  assert.is(code, 'not_supported');
});

test('a version that is not spoken is refused with a word, and the asker learns it at once', async () => {
  const rig = new Rig();
  const a = await rig.node('a', { versions: { min: 1, max: 2 } });
  const b = await rig.node('b', { versions: { min: 1, max: 1 } });
  // The record that a has of b is wrong: it promises version 2.
  rig.world.join('b', b.incarnation, { min: 1, max: 2 });
  const got = sink(b, 'sink');
  const ask = query(a.remoting.ref('b', '/sink'), () => 1, { timeoutMs: 60_000, via: a.system });
  const code = await rig.sim.until(ask.then(null, (error: { code: string }) => error.code));
  assert.is(code, 'not_supported');
  assert.is(rig.sim.clock.monotonicMs(), 0);
  assert.is(b.remoting.counters.refused, 1);
  a.remoting.ref('b', '/sink').tell('in the common version');
  await rig.settle();
  assert.equal(got, ['in the common version']);
  // A refusal out of nowhere does no harm.
  rig.bus.publish(
    nodeSubject('test', 'a', a.incarnation),
    refusal({ node: 'q', incarnation: '00000000000000aa' }, { min: 9, max: 9 }),
  );
  await rig.settle();
  a.remoting.ref('b', '/sink').tell('still');
  await rig.settle();
  assert.is(got.length, 2);
});
