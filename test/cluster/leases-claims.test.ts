/** Claims of a cluster under a bad store, bad clocks, and nodes that stop, hang and die. */
import { assert, suite } from '../harness.ts';
import { CLAIMS, runContention } from './leases/contention.ts';
import { CALM } from './leases/fault-store.ts';
import { LeaseWorld, TIMES } from './leases/lease-world.ts';

const test = suite('leases: claims', { limitMs: 120_000 });
const SEEDS = 200;

test(`never two holders of a claim, generations rise, and in quiet each has one: ${SEEDS} seeds`, async () => {
  const counts = { lost: 0, newRuns: 0, writes: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { world, book } = await runContention(seed, { forMs: 15_000 });
    const isQuiet = (): boolean => CLAIMS.every((name) => book.holders(name).length === 1);
    await world.until(isQuiet, 2 * TIMES.leaseMs + 4_000, () => book.assertOne());
    counts.lost += world.nodes.filter(({ lease }) => lease.state === 'lost').length;
    counts.newRuns += world.nodes.length - 3;
    counts.writes += world.store.writeCount;
  }
  // The faults are real ones: leases were lost and runs came back.
  assert.ok(counts.lost > SEEDS / 4 && counts.newRuns > SEEDS, JSON.stringify(counts));
});

test('a node crashes: what it owned is owned by others within the lease and 1.5 s', async () => {
  const tookMs: number[] = [];
  for (let seed = 1; seed <= 100; seed++) {
    const world = new LeaseWorld(seed, { ...CALM, latencyMs: [0.5, 40] });
    const [first, ...others] = world.addMany(3, {}, 0.05);
    await world.until(() => world.nodes.every(({ lease }) => lease.isHeld()), 3_000);
    const names = Array.from({ length: 8 }, (_, n) => `shard.session.${n}`);
    const taken = await world.sim.until(Promise.all(names.map((name) => first!.claims.take(name))));
    assert.ok(taken.every((claim) => claim?.fence.isHeld()));
    await world.advance(500 + world.random.next() * 1_000);
    for (const node of others) {
      node.claims.onChange((changed) => {
        for (const name of changed) {
          if (node.claims.get(name)?.holder === undefined) node.claims.take(name).catch(() => {});
        }
      });
    }
    first!.crash();
    const isMoved = (name: string): boolean =>
      others.some(({ claims, name: node }) => claims.get(name)?.holder?.node === node);
    tookMs.push(await world.until(() => names.every(isMoved), TIMES.leaseMs + 1_500));
  }
  tookMs.sort((left, right) => left - right);
  assert.ok(tookMs[0]! > TIMES.leaseMs * 0.7, `${tookMs[0]}: before its lease was over`);
});

test('the store is away for 8 s: every lease is suspended, none is lost, and all hold again what they held', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const world = new LeaseWorld(seed, { ...CALM, latencyMs: [0.5, 40] });
    const nodes = world.addMany(5, {}, 0.05);
    await world.until(() => nodes.every(({ lease }) => lease.isHeld()), 3_000);
    const held = await world.sim.until(
      Promise.all(nodes.map((node) => node.claims.take(`shard.s.${node.name}`))),
    );
    await world.advance(world.random.next() * 3_000);
    world.store.isAway = true;
    await world.advance(8_000);
    assert.ok(nodes.every(({ lease }) => lease.state === 'suspended'));
    assert.ok(held.every((claim) => !claim!.fence.isHeld()));
    world.store.isAway = false;
    await world.advance(6_000);
    assert.equal(
      nodes.map(({ lease }) => lease.state),
      nodes.map(() => 'held'),
      `seed ${seed}`,
    );
    assert.ok(held.every((claim) => claim!.fence.isHeld()));
    assert.ok(nodes.every(({ members }) => members.list().length === 5));
  }
});

test('a main loop that hangs is replaced, one that is merely slow is not', async () => {
  const world = new LeaseWorld(3);
  const [hung, other] = world.addMany(2);
  await world.advance(2_000);
  hung!.isMainHung = true;
  await world.advance(TIMES.hungMs - 2_000);
  assert.is(hung!.lease.state, 'held');
  assert.is(other!.members.get('a')?.condition, 'slow');
  await world.advance(2_000 + TIMES.leaseMs + 1_500);
  assert.is(other!.members.get('a'), undefined);
  assert.not.ok(hung!.lease.isHeld());
  hung!.isMainHung = false;
  await world.advance(2_000);
  assert.is(hung!.lease.state, 'lost');
});

test('a node that leaves in order is gone at once, and what it owned is free', async () => {
  const world = new LeaseWorld(4);
  const [leaving, other] = world.addMany(2);
  await world.advance(2_000);
  await world.sim.until(leaving!.claims.take('singleton.x'));
  await world.advance(100);
  assert.is(other!.claims.get('singleton.x')?.holder?.node, 'a');
  const over: string[] = [];
  other!.members.onGone((node) => over.push(node));
  await world.sim.until(leaving!.leave());
  await world.advance(20);
  assert.equal(over, ['a']);
  assert.is(other!.claims.get('singleton.x')?.holder, undefined);
  const taken = await world.sim.until(other!.claims.take('singleton.x'));
  assert.ok(taken?.fence.isHeld());
});

test('keys of those long gone are removed, and a claim of one of them can still be taken', async () => {
  const world = new LeaseWorld(5);
  const [dead, other] = world.addMany(2);
  await world.advance(2_000);
  await world.sim.until(dead!.claims.take('singleton.x'));
  dead!.crash();
  await world.advance(TIMES.leaseMs + 1_500);
  assert.is(other!.members.fate('a', dead!.incarnation), 'gone');
  await world.advance(610_000);
  const key = `members.a.${dead!.incarnation}`;
  assert.is(await world.store.inner.get(key), undefined);
  const late = world.add('c');
  await world.advance(3_000);
  assert.is(late.members.fate('a', dead!.incarnation), 'unknown');
  const taken = await world.sim.until(late.claims.take('singleton.x'));
  assert.ok(taken?.fence.isHeld());
});

test('one death among forty nodes is written by few, and every node hears of it once', async () => {
  const world = new LeaseWorld(6);
  const nodes = world.addMany(40);
  await world.advance(3_000);
  const [dead, ...others] = nodes;
  const heard = new Map<string, number>();
  for (const { name, members } of others) {
    members.onGone(() => void heard.set(name, (heard.get(name) ?? 0) + 1));
  }
  world.store.attempts.clear();
  dead!.crash();
  await world.until(() => heard.size === 39, TIMES.leaseMs + 1_000);
  await world.advance(3_000);
  assert.ok([...heard.values()].every((count) => count === 1));
  const attempts = world.store.attempts.get(`members.${dead!.name}.${dead!.incarnation}`) ?? 0;
  assert.ok(attempts >= 1 && attempts <= 3, `${attempts} writes for one death`);
});
