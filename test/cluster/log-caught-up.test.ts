/** Whoever has caught up reads and proves all that was acknowledged before, whoever wrote it. */
import { LogExchange } from '../../cluster/log/wire/log-exchange.ts';
import type { LogPlants } from '../../cluster/log/log-settings.ts';
import type { WitanError } from '../../contracts/errors.ts';
import { verifyProof } from '../../contracts/ledger/verify-proof.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import type { LedgerEntryInput } from '../../runtime/kernel/ports/ledger.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { proofKeyOf } from '../../runtime/store/keys/proof-key.ts';
import { HostGate } from './log/host-gate.ts';
import { LOG_ID, LogWorld, type LogNode } from './log/log-world.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';

const test = suite('replicated log, caught up', { limitMs: 60_000 });
const event = (payload: unknown): LedgerEntryInput => ({ kind: 'event', tenant: 'acme', payload });

async function started(world: LogWorld): Promise<LogNode> {
  await world.settled(world.startAll());
  await world.until(() => inSync(world).length === world.names.length, 10_000, 'all in sync');
  return world.writer()!;
}

function inSync(world: LogWorld): string[] {
  return (world.writer()?.log.cell()?.cell.inSync ?? []).map(({ node }) => node).sort();
}

const others = (world: LogWorld, writer: LogNode): LogNode[] =>
  [...world.nodes.values()].filter((node) => node !== writer);

/** A promise that is looked at later. */
function unheeded<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

test('a follower that has caught up reads and proves what was acknowledged a moment ago', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const keys = world.names.map((seed) => new MemoryKeys({ clock: world.clock, seed }).active('checkpoint'));
  const pinned = keys.map(({ publicKey }) => ({ logId: LOG_ID, publicKey }));
  for (let at = 0; at < 10; at += 1) {
    const { index, entry } = await world.settled(writer.log.ledger.append(event({ at })));
    for (const { log } of others(world, writer)) {
      await world.settled(log.caughtUp());
      assert.is((await log.ledger.entry(index))?.canonical, entry.canonical);
      const made = await world.settled(log.ledger.proof(index));
      // The host adds the keys of other nodes, from the record.
      const proof = JSON.parse(JSON.stringify({ ...made, keys: keys.map(proofKeyOf) }));
      const verified = verifyProof(proof, pinned, { sha256, verifyEd25519 });
      assert.equal([verified.mismatch, verified.entry?.index], [null, index]);
    }
  }
});

test('many callers cost one question', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const [node] = others(world, writer);
  let questions = 0;
  world.net.filter = (_from, _to, { data }) => {
    if (new TextDecoder().decode(data.subarray(4, 30)).includes('"type":"committed"')) questions += 1;
    return true;
  };
  const fromMs = world.clock.monotonicMs();
  await world.settled(Promise.all(Array.from({ length: 1_000 }, () => node!.log.caughtUp())));
  assert.is(questions, 1);
  // There and back, not the next beat.
  assert.ok(world.clock.monotonicMs() - fromMs < 20);
  await writer.log.caughtUp();
  assert.is(questions, 1);
});

test('what the writer before acknowledged is waited for where its successor has only heard of less', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  // Nothing tells the others that the entry is acknowledged.
  let isSilent = true;
  world.net.filter = (from, _to, { data }) =>
    !(isSilent && from === writer.name && /"mark"/.test(new TextDecoder().decode(data.subarray(4, 30))));
  const { index } = await world.settled(writer.log.ledger.append(event('acknowledged')));
  world.crash(writer.name);
  isSilent = false;
  const [one, other] = [...world.nodes.values()];
  world.net.cut(one!.name, other!.name);
  await world.until(() => world.promoted.length > 1, 10_000, 'an heir');
  const heir = world.nodes.get(world.promoted[1]!.node)!;
  // The other is in the set and cannot be reached: nothing is acknowledged yet.
  assert.ok(heir.log.ledger.size() <= index);
  await world.settled(heir.log.caughtUp());
  assert.equal((await heir.log.ledger.entry(index))?.payload, 'acknowledged');
  world.net.heal();
  for (const { log } of world.nodes.values()) {
    await world.settled(log.caughtUp());
    assert.equal((await log.ledger.entry(index))?.payload, 'acknowledged');
  }
});

test('a writer that was replaced while it stood still does not answer from before', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const late = others(world, writer);
  writer.gate.pause();
  await world.until(() => (world.writer() ?? writer) !== writer, 10_000, 'an heir');
  const { index } = await world.settled(world.writer()!.log.ledger.append(event('later')));
  writer.gate.resume();
  const nodes = [writer, ...late];
  await world.settled(Promise.all(nodes.map(({ log }) => log.caughtUp())));
  for (const { log } of nodes) assert.equal((await log.ledger.entry(index))?.payload, 'later');
});

/** What a writer says that was replaced while nothing reached it, and that nobody has told of it. */
async function saidInTheDark(plants: LogPlants): Promise<string> {
  const world = new LogWorld({ plants, times: { catchUpTimeoutMs: 300 } });
  const writer = await started(world);
  for (const { name } of others(world, writer)) world.net.cut(writer.name, name);
  world.store.cut.add(writer.name);
  await world.until(() => world.promoted.length > 1, 10_000, 'an heir');
  const heir = world.nodes.get(world.promoted[1]!.node)!;
  await world.settled(heir.log.ledger.append(event('later')));
  return world.settled(
    writer.log.caughtUp().then(
      () => 'caught up',
      ({ code }: WitanError) => code,
    ),
  );
}

test('a writer that does not hold its claim any more does not say what is acknowledged', async () => {
  assert.is(await saidInTheDark({}), 'unavailable');
  assert.is(await saidInTheDark({ ignoreFence: true }), 'caught up');
});

test('those who wait while the writer dies are answered by the next', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const { index } = await world.settled(writer.log.ledger.append(event('x')));
  world.crash(writer.name);
  const nodes = [...world.nodes.values()];
  const fromMs = world.clock.monotonicMs();
  await world.settled(Promise.all(nodes.map(({ log }) => log.caughtUp())));
  assert.ok(world.clock.monotonicMs() - fromMs <= 3_500);
  for (const { log } of nodes) assert.equal((await log.ledger.entry(index))?.payload, 'x');
});

test('without a writer it is unavailable in the time that is set; reads go on', async () => {
  const world = new LogWorld({ nodes: ['a', 'b'], times: { catchUpTimeoutMs: 1_200 } });
  const writer = await started(world);
  const [node] = others(world, writer);
  await world.settled(writer.log.ledger.append(event('x')));
  await world.pass(300);
  for (const name of world.names) world.store.cut.add(name);
  world.crash(writer.name);
  const fromMs = world.clock.monotonicMs();
  await assertFails(() => world.settled(unheeded(node!.log.caughtUp())), 'unavailable');
  const tookMs = world.clock.monotonicMs() - fromMs;
  assert.ok(tookMs >= 1_200 && tookMs <= 1_250, `${tookMs} ms`);
  assert.equal((await node!.log.ledger.entry(0))?.payload, 'x');
});

test('a node without a copy reads from a copy that has it all', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const distant = await world.distant('d');
  await world.pass(100);
  writer.gate.pause();
  await world.until(() => (world.writer() ?? writer) !== writer, 10_000, 'an heir');
  const { index } = await world.settled(world.writer()!.log.ledger.append(event('later')));
  await world.settled(distant.caughtUp());
  assert.ok(distant.ledger.size() > index);
  // The writer before runs again, cut off from its heir, and this node does not hear of the change.
  world.store.cut.add('d');
  world.net.cut(writer.name, world.writer()!.name);
  writer.gate.resume();
  assert.equal((await world.settled(distant.ledger.entry(index)))?.payload, 'later');
});

test('a writer that aligns a copy anew takes nothing from it that the copy had of it since', async () => {
  const world = new LogWorld();
  const writer = await started(world);
  const [node] = others(world, writer);
  for (let at = 0; at < 3; at += 1) await world.settled(writer.log.ledger.append(event({ at })));
  await world.settled(node!.log.caughtUp());
  const gate = new HostGate(world.clock);
  const { clock, random } = world;
  const bus = world.net.port('x', gate);
  const exchange = new LogExchange({ bus, clock, random, cluster: 'test', log: 'main', node: 'x' });
  // Of a size that the copy named before it took up the others.
  const generation = writer.log.writing()!;
  const cut = { type: 'cut', generation, size: 1, root: await node!.replica.root(1) } as const;
  await world.settled(exchange.ask(node!.name, cut, { timeoutMs: 500 }));
  assert.is(node!.replica.local.size(), 3);
  assert.equal((await node!.log.ledger.entry(2))?.payload, { at: 2 });
});

/** What a node shows at the place where its copy has an entry that was never acknowledged. */
async function shownOfTail(plants: LogPlants): Promise<unknown[]> {
  const world = new LogWorld({ plants });
  const writer = await started(world);
  await world.settled(writer.log.ledger.append(event('before')));
  for (const { name } of others(world, writer)) world.net.cut(writer.name, name);
  void unheeded(writer.log.ledger.append(event('only here')));
  await world.pass(200);
  world.crash(writer.name);
  await world.until(() => world.writer() !== undefined, 5_000, 'another writes');
  await world.settled(world.writer()!.log.ledger.append(event('instead')));
  await world.settled(world.writer()!.log.ledger.append(event('and more')));
  await world.settled(world.writer()!.log.ledger.checkpoint());
  const back = await world.settled(world.start(writer.name));
  assert.is(back.replica.local.size(), 2);
  const shown = new Set<unknown>();
  for (let step = 0; step < 50; step += 1) {
    shown.add((await back.log.ledger.entry(1))?.payload);
    await world.pass(10);
  }
  world.net.heal();
  await world.settled(back.log.caughtUp()).catch(() => undefined);
  shown.add((await back.log.ledger.entry(1))?.payload);
  return [...shown];
}

test('a copy with entries that were never acknowledged shows none of them, whatever it hears of', async () => {
  assert.equal(await shownOfTail({}), [undefined, 'instead']);
  assert.ok((await shownOfTail({ trustTails: true })).includes('only here'));
});
