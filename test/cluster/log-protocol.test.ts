/** A replicated log step by step: one fault each, and what must follow from it. */
import { recordedCheckpointKeys } from '../../cluster/log/checkpoint-keys.ts';
import { WitanError } from '../../contracts/errors.ts';
import { LEASE_MS } from './log/fake-leases.ts';
import { LogWorld, type LogNode } from './log/log-world.ts';
import { assertFails, collect } from '../conformance/fixture.ts';
import { decisionId, final, opened } from '../conformance/ledger.ts';
import { assert, suite } from '../harness.ts';
import { MemoryDisk } from '../../runtime/store/segment/memory-disk.ts';
import type { LedgerEntryInput } from '../../runtime/kernel/ports/ledger.ts';

const test = suite('replicated log', { limitMs: 60_000 });
const event = (payload: unknown): LedgerEntryInput => ({ kind: 'event', tenant: 'acme', payload });

/** Three nodes, all in sync, one of them the writer. */
async function started(world: LogWorld): Promise<LogNode> {
  await world.settled(world.startAll());
  await world.until(() => inSync(world).length === world.names.length, 10_000, 'all in sync');
  return world.writer()!;
}

function inSync(world: LogWorld): string[] {
  const writer = world.writer();
  return (writer?.log.cell()?.cell.inSync ?? []).map(({ node }) => node).sort();
}

function unheeded<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** A promise, and what resolves it. */
function barrier(): [Promise<void>, () => void] {
  let open = (): void => undefined;
  return [new Promise((resolve) => (open = resolve)), () => open()];
}

const others = (world: LogWorld, writer: LogNode): LogNode[] =>
  [...world.nodes.values()].filter((node) => node !== writer);

test('the first holder of the claim makes the cell; the others join; entries are on every disk when acknowledged', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  for (let at = 0; at < 5; at += 1) {
    const receipt = await world.settled(writer.log.ledger.append(event({ at })));
    assert.is(receipt.index, at);
    for (const { disk, replica } of world.nodes.values()) {
      assert.ok(replica.local.size() > at);
      // What the power leaves holds it too.
      assert.ok(disk.crash(() => false).bytes('/log/0000000000.seg').length > 0);
    }
  }
  const texts = (node: LogNode): Promise<string[]> =>
    collect(node.replica.local.read(0)).then((all) => all.map(({ canonical }) => canonical));
  const own = await texts(writer);
  for (const node of others(world, writer)) assert.equal(await texts(node), own);
  assert.equal(world.faults, []);
  assert.equal(world.errors, []);
});

test('appends of any node reach the writer; the same decision is opened once', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const [one, two] = others(world, writer);
  const first = await world.settled(one!.log.ledger.append(opened(1)));
  const second = await world.settled(two!.log.ledger.append(opened(1)));
  assert.equal([first.appended, second.appended, second.index], [true, false, first.index]);
  assert.is(second.entry.canonical, first.entry.canonical);
  const conflict = two!.log.ledger.append(opened(1, 'b'));
  conflict.catch(() => undefined);
  await assertFails(() => world.settled(conflict), 'conflict');
  await world.settled(two!.log.ledger.append(final(1)));
  await world.pass(500);
  for (const { log } of world.nodes.values())
    assert.equal(
      (await log.ledger.byDecision(decisionId(1))).map(({ kind }) => kind),
      ['opened', 'final'],
    );
});

test('a follower that does not answer leaves the set by compare-and-set before anything is acknowledged', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const [late] = others(world, writer);
  late!.gate.pause();
  const fromMs = world.clock.monotonicMs();
  let acknowledgedMs = 0;
  const append = writer.log.ledger
    .append(event('x'))
    .then(() => (acknowledgedMs = world.clock.monotonicMs()));
  await world.settled(append);
  assert.not(inSync(world).includes(late!.name));
  assert.ok(
    acknowledgedMs - fromMs >= 850 && acknowledgedMs - fromMs < 1_400,
    `${acknowledgedMs - fromMs} ms`,
  );
  // When it goes on it catches up and joins again.
  late!.gate.resume();
  await world.until(() => inSync(world).includes(late!.name), 5_000, 'it joins again');
  assert.is(late!.replica.local.size(), writer.replica.local.size());
});

test('without the store nothing is acknowledged around a follower that is away', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const [late] = others(world, writer);
  late!.gate.pause();
  world.store.troubles.lost = 1;
  const append = writer.log.ledger.append(event('x'));
  append.catch(() => undefined);
  await assertFails(() => world.settled(append), 'unavailable');
  assert.ok(inSync(world).includes(late!.name));
});

test('a writer that crashes is followed by another within the lease and 1.5 s; nothing acknowledged is lost', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  for (let at = 0; at < 20; at += 1) await world.settled(writer.log.ledger.append(event({ at })));
  world.crash(writer.name);
  const [other] = [...world.nodes.values()];
  const fromMs = world.clock.monotonicMs();
  const next = await world.settled(other!.log.ledger.append(event('after')));
  const tookMs = world.clock.monotonicMs() - fromMs;
  assert.is(next.index, 20);
  assert.ok(tookMs <= LEASE_MS + 1_500, `${tookMs} ms`);
  await world.settled(world.start(writer.name));
  await world.until(() => inSync(world).length === 3, 10_000, 'it joins again');
  assert.equal(world.faults, []);
});

test('a node that is not in the set does not promote itself, and gives the claim back', async () => {
  const world = new LogWorld({ nodes: ['a', 'b'] });
  const writer = await started(world);
  const [late] = others(world, writer);
  late!.gate.pause();
  await world.settled(writer.log.ledger.append(event('x')));
  world.crash(writer.name);
  late!.gate.resume();
  await world.pass(8_000);
  assert.is(world.writer(), undefined);
  // Reads go on.
  assert.is(await late!.log.ledger.entry(5), undefined);
  const append = late!.log.ledger.append(event('y'));
  append.catch(() => undefined);
  await assertFails(() => world.settled(append), 'unavailable');
  await world.settled(world.start(writer.name));
  await world.until(() => inSync(world).length === 2, 15_000, 'both are back');
  assert.is(world.writer()!.name, writer.name);
});

test('what only the old writer had is cut when it comes back; its log is that of the new one', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  await world.settled(writer.log.ledger.append(event('before')));
  for (const { name } of others(world, writer)) world.net.cut(writer.name, name);
  const lost = writer.log.ledger.append(event('only here'));
  lost.catch(() => undefined);
  await world.pass(200);
  assert.is(writer.replica.local.size(), 2);
  world.crash(writer.name);
  await world.until(() => world.writer() !== undefined, 5_000, 'another writes');
  const next = await world.settled(world.writer()!.log.ledger.append(event('instead')));
  assert.is(next.index, 1);
  world.net.heal();
  const back = await world.settled(world.start(writer.name));
  assert.is(back.replica.local.size(), 2);
  await world.until(() => inSync(world).length === 3, 10_000, 'it joins again');
  assert.equal((await back.log.ledger.entry(1))!.payload, 'instead');
  assert.equal(world.faults, []);
});

test('a new disk is another copy: its node is not in the set until it has caught up', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  for (let at = 0; at < 3; at += 1) await world.settled(writer.log.ledger.append(event({ at })));
  const [node] = others(world, writer);
  const before = node!.replica.copy;
  world.crash(node!.name);
  world.disks.set(node!.name, new MemoryDisk());
  const again = await world.settled(world.start(node!.name));
  assert.is.not(again.replica.copy, before);
  await world.until(
    () => again.replica.local.size() === 3 && inSync(world).length === 3,
    10_000,
    'it is back',
  );
  const member = world
    .writer()!
    .log.cell()!
    .cell.inSync.find((one) => one.node === node!.name);
  assert.is(member!.copy, again.replica.copy);
});

test('a lost push is fetched: frames that come too late or never leave no gap', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  let dropped = 0;
  world.net.filter = (from, _to, { data }) => {
    const isFrames =
      from === writer.name && new TextDecoder().decode(data.subarray(4, 60)).includes('"frames"');
    if (!isFrames || dropped >= 6) return true;
    dropped += 1;
    return false;
  };
  for (let at = 0; at < 5; at += 1) await world.settled(writer.log.ledger.append(event({ at })), 3_000);
  assert.is(dropped, 6);
  assert.is(inSync(world).length, 3);
});

test('the cell covers a head before it is signed, and signing waits for the store', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  await world.settled(writer.log.ledger.append(event('x')));
  const checkpoint = await world.settled(writer.log.ledger.checkpoint());
  assert.is(checkpoint.size, 1);
  const cell = JSON.parse(new TextDecoder().decode((await world.kv.get('logs.main'))!.value)) as {
    size: number;
    root: string;
  };
  assert.equal([cell.size, cell.root], [1, checkpoint.root]);
  await world.settled(writer.log.ledger.append(event('y')));
  world.store.troubles.lost = 1;
  const before = world.signed.length;
  const next = writer.log.ledger.checkpoint();
  await world.pass(300);
  assert.is(world.signed.length, before);
  world.store.troubles.lost = 0;
  assert.is((await world.settled(next)).size, 2);
  // A follower gives the newest head that it knows of, or asks for one.
  const [other] = others(world, writer);
  assert.is((await world.settled(other!.log.ledger.checkpoint())).size, 2);
});

test('a writer alone in its set goes on as a new incarnation after its lease was lost', async () => {
  const world = new LogWorld({ nodes: ['a'] });
  await world.settled(world.startAll());
  await world.until(() => world.writer() !== undefined, 10_000, 'a writer');
  const node = world.writer()!;
  await world.settled(node.log.ledger.append(event('before')));
  const generation = node.log.writing()!;
  node.gate.pause();
  await world.pass(4_000);
  node.gate.resume();
  await world.until(() => (node.log.writing() ?? 0) > generation, 8_000, 'it writes again');
  assert.is((await world.settled(node.log.ledger.append(event('after')))).index, 1);
});

test('with the leases and claims of the cluster: a crash of the writer, served within the lease and 1.5 s', async () => {
  const world = new LogWorld({ isReal: true });
  const writer = await started(world);
  for (let at = 0; at < 5; at += 1) await world.settled(writer.log.ledger.append(event({ at })));
  world.crash(writer.name);
  const [other] = [...world.nodes.values()];
  const fromMs = world.clock.monotonicMs();
  const next = await world.settled(other!.log.ledger.append(event('after')));
  const tookMs = world.clock.monotonicMs() - fromMs;
  assert.is(next.index, 5);
  process.stdout.write(`after a crash of the writer, with real leases: ${tookMs} ms\n`);
  assert.ok(tookMs <= LEASE_MS + 1_500, `${tookMs} ms`);
});

test('entries that are larger than a message of the bus go to the writer, to followers, and back', async () => {
  const world = new LogWorld({ segmentBytes: 8_388_608 });
  const writer = await started(world);
  const [one] = others(world, writer);
  const text = 'large '.repeat(250_000);
  const receipt = await world.settled(
    one!.log.ledger.append({ ...opened(1), payload: { ...(opened(1).payload as object), text } }),
  );
  assert.is(receipt.index, 0);
  assert.is((receipt.entry.payload as { text: string }).text.length, text.length);
  const distant = await world.distant('d');
  await world.pass(100);
  const [read] = await world.settled(distant.ledger.byDecision(decisionId(1)));
  assert.is(read!.canonical, receipt.entry.canonical);
  assert.is((await world.settled(distant.ledger.entry(0)))!.canonical, receipt.entry.canonical);
  for (const { replica } of world.nodes.values()) assert.is(replica.local.size(), 1);
});

test('a follower joins the set only after its host has put it on the record; pinned keys come from there', async () => {
  const admitted: unknown[] = [];
  const [isRecorded, record] = barrier();
  const world: LogWorld = new LogWorld({
    admit: async (node, introduction) => {
      admitted.push([node, introduction]);
      await isRecorded;
      const key = { keyId: `k-${node}`, purpose: 'checkpoint', publicKey: 'ab'.repeat(32), state: 'active' };
      await world
        .writer()!
        .log.ledger.append({ kind: 'key', tenant: 'system', payload: { ...key, at: '', reason: null } });
    },
  });
  await world.settled(world.startAll());
  await world.until(() => admitted.length === 2, 10_000, 'both are told of');
  const writer = world.writer()!;
  await world.settled(writer.log.ledger.append(event('alone')));
  await world.pass(3_000);
  // They follow, have everything, and are not in the set: nobody knows their keys.
  const names = others(world, writer).map(({ name }) => name);
  assert.equal(inSync(world), [writer.name]);
  for (const { replica } of others(world, writer)) assert.is(replica.local.size(), 1);
  assert.equal(
    admitted.sort(),
    names.map((node) => [node, { node }]),
  );
  record();
  await world.until(() => inSync(world).length === 3, 5_000, 'both are in the set');
  const revoked = {
    keyId: `k-${names[0]}`,
    purpose: 'checkpoint',
    publicKey: 'ab'.repeat(32),
    state: 'revoked',
  };
  await world.settled(writer.log.ledger.append({ kind: 'key', tenant: 'system', payload: revoked }));
  const pinned = await recordedCheckpointKeys(writer.log.ledger);
  assert.equal(
    pinned.map(({ keyId }) => keyId),
    [`k-${names[1]}`],
  );
  assert.equal(world.faults, []);
});

test('a follower that cannot be put on the record stays outside, is told of, and is tried again', async () => {
  let fails = 3;
  const world: LogWorld = new LogWorld({
    nodes: ['a', 'b'],
    admit: async () => {
      if ((fails -= 1) >= 0) throw new WitanError('storage_failed', 'not now');
    },
  });
  await world.settled(world.startAll());
  await world.until(() => inSync(world).length === 2, 10_000, 'it is in the set');
  assert.is(world.faults.length, 3);
});

test('with fewer copies in the set than must be, appends are unavailable and reads go on', async () => {
  const world: LogWorld = new LogWorld({
    minInSync: 2,
    times: { appendTimeoutMs: 1_500 },
    admit: async (node) =>
      void (await world.writer()!.log.ledger.append({ kind: 'key', tenant: 'system', payload: { node } })),
  });
  // Alone: keys are taken, since others could not join without them, and nothing else.
  await world.settled(world.start('a'));
  await world.until(() => world.writer() !== undefined, 10_000, 'a writer');
  const early = unheeded(world.writer()!.log.ledger.append(event('early')));
  const error = await assertFails(() => world.settled(early), 'unavailable');
  assert.equal(error.details, { inSync: 1, minInSync: 2 });
  assert.is(world.writer()!.replica.local.size(), 0);
  const waiting = unheeded(world.writer()!.log.ledger.append(event('waiting')));
  await world.settled(world.start('b'));
  await world.settled(waiting);
  await world.settled(world.start('c'));
  await world.until(() => inSync(world).length === 3, 10_000, 'all in sync');
  const writer = world.writer()!;
  const [one, other] = others(world, writer);
  world.crash(one!.name);
  const last = await world.settled(writer.log.ledger.append(event('on two disks')));
  const before = writer.replica.local.size();
  // The entry is written, and then its follower leaves the set.
  world.crash(other!.name);
  const lone = unheeded(writer.log.ledger.append(event('on one disk')));
  await assertFails(() => world.settled(lone), 'unavailable');
  assert.equal(inSync(world), [writer.name]);
  await assertFails(() => world.settled(unheeded(writer.log.ledger.append(event('late')))), 'unavailable');
  assert.is(writer.replica.local.size(), before + 1);
  assert.equal((await writer.log.ledger.entry(last.index))?.payload, 'on two disks');
  await world.settled(writer.log.caughtUp());
  await world.settled(world.start(one!.name));
  await world.until(() => inSync(world).length === 2, 10_000, 'two again');
  await world.settled(world.nodes.get(one!.name)!.log.ledger.append(event('again')));
  assert.equal(world.errors, []);
});

test('an append whose answer is lost is unknown; the writer says what became of it, and a retry finds it', async () => {
  const world = new LogWorld({ times: { appendTimeoutMs: 600 } });
  const writer = await started(world);
  const [one] = others(world, writer);
  let isLosing = true;
  world.net.filter = (from, to, { subject }) =>
    !(isLosing && from === writer.name && to === one!.name && subject.startsWith('_INBOX'));
  const append = one!.log.ledger.append(opened(7));
  append.catch(() => undefined);
  await assertFails(() => world.settled(append), 'unavailable');
  const unanswered = one!.log.ledger.byDecision(decisionId(7));
  unanswered.catch(() => undefined);
  await assertFails(() => world.settled(unanswered), 'unavailable');
  isLosing = false;
  assert.equal(
    (await world.settled(one!.log.ledger.byDecision(decisionId(7)))).map(({ kind }) => kind),
    ['opened'],
  );
  const again = await world.settled(one!.log.ledger.append(opened(7)));
  assert.equal([again.appended, again.index], [false, 0]);
});

test('a log that differs below what is sealed never joins, and somebody is told', async () => {
  const world = new LogWorld({ nodes: ['a', 'b'] });
  const alone = new LogWorld({ nodes: ['b'], seed: 9 });
  await alone.settled(alone.startAll());
  await alone.until(() => alone.writer() !== undefined, 10_000, 'a writer');
  await alone.settled(alone.writer()!.log.ledger.append(event('of another cluster')));
  await alone.settled(alone.writer()!.log.ledger.checkpoint());
  alone.crash('b');
  await world.settled(world.start('a'));
  await world.until(() => world.writer() !== undefined, 10_000, 'a writer');
  await world.settled(world.writer()!.log.ledger.append(event('of this one')));
  world.disks.set('b', alone.disks.get('b')!);
  await world.settled(world.start('b'));
  await world.pass(3_000);
  assert.equal(inSync(world), ['a']);
  assert.ok(world.faults.some(({ code }) => code === 'verification_failed'));
  assert.is(world.nodes.get('b')!.replica.local.size(), 1);
});

test('of an empty copy and one with a log, that with the log makes the cell', async () => {
  const alone = new LogWorld({ nodes: ['b'] });
  await alone.settled(alone.startAll());
  await alone.until(() => alone.writer() !== undefined, 10_000, 'a writer');
  for (let at = 0; at < 4; at += 1) await alone.settled(alone.writer()!.log.ledger.append(event({ at })));
  alone.crash('b');
  for (let seed = 1; seed < 8; seed += 1) {
    const world = new LogWorld({ nodes: ['a', 'b', 'c'], seed });
    world.disks.set('b', alone.disks.get('b')!.copy());
    await world.settled(world.startAll());
    await world.until(() => inSync(world).length === 3, 15_000, 'all in sync');
    for (const { log } of world.nodes.values()) assert.ok(log.ledger.size() >= 4);
    assert.equal(world.faults, []);
  }
});

test('a batch costs one message to each follower and one back, and no write to the store', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const counts = new Map<string, number>();
  world.net.filter = (_from, _to, { data }) => {
    const type = /"type":"([a-z-]+)"/.exec(new TextDecoder().decode(data.subarray(4, 60)))?.[1] ?? 'answer';
    counts.set(type, (counts.get(type) ?? 0) + 1);
    return true;
  };
  const before = (await world.kv.get('logs.main'))!.revision;
  const fromMs = world.clock.monotonicMs();
  for (let at = 0; at < 50; at += 1) await world.settled(writer.log.ledger.append(event({ at })));
  const beats = Math.ceil((world.clock.monotonicMs() - fromMs) / 100) + 1;
  assert.is(counts.get('frames'), 100);
  assert.ok(counts.get('mark')! <= 2 * beats);
  assert.ok(counts.get('ack')! <= 100 + 2 * beats, `${counts.get('ack')}`);
  assert.is(counts.get('pull'), undefined);
  // The heads of the automatic checkpoints alone: one in 200 ms.
  const cell = (await world.kv.get('logs.main'))!;
  const changes = (JSON.parse(new TextDecoder().decode(cell.value)) as { change: number }).change;
  assert.ok(cell.revision >= before && changes <= 4 + beats / 2, `${changes} changes`);
});
