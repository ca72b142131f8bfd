/** Shards over several nodes: each owned once, moved as little as needed, handed over in order. */
import { clusterPlacement } from '../../cluster/placement/cluster-placement.ts';
import { spawnShardKeeper } from '../../cluster/placement/shard-keeper.ts';
import type { ShardKeeper } from '../../cluster/placement/shard-keeper.ts';
import type { ShardHooks } from '../../cluster/placement/shard-keeping.ts';
import { assert, suite } from '../harness.ts';
import { CALM, ROUGH } from './leases/fault-store.ts';
import { FenceBook, LeaseWorld, TIMES } from './leases/lease-world.ts';
import type { LeaseNode } from './leases/lease-world.ts';

const test = suite('leases: shards', { limitMs: 120_000 });
const SHARDS = 32;

/** What happened to the shards of one world. */
class ShardLog {
  readonly book: FenceBook;
  readonly keepers = new Map<LeaseNode, ShardKeeper>();
  taken = 0;
  drained = 0;
  lost = 0;
  readonly #world: LeaseWorld;

  constructor(world: LeaseWorld) {
    this.#world = world;
    this.book = new FenceBook(world.sim.seed);
  }

  keep(node: LeaseNode, hooks: Partial<ShardHooks> = {}): ShardKeeper {
    const keeper = spawnShardKeeper(node.system, {
      kind: 'session',
      shardCount: SHARDS,
      claims: node.claims,
      members: node.members,
      lease: node.lease,
      clock: node.clock,
      hooks: {
        drain: async (shard) => {
          this.drained += 1;
          await hooks.drain?.(shard);
        },
        taken: (shard, claim) => {
          this.taken += 1;
          this.book.add(claim.name, node, claim.fence);
          this.#world.noteTaken(claim.name, claim.fence);
        },
        lost: () => (this.lost += 1),
      },
    });
    this.keepers.set(node, keeper);
    return keeper;
  }

  /** Nodes that own a shard and live, by shard. */
  owners(): string[][] {
    return Array.from({ length: SHARDS }, (_, shard) =>
      [...this.keepers]
        .filter(([node, keeper]) => node.isAlive && isOwned(keeper, shard))
        .map(([node]) => node.name),
    );
  }

  isQuiet(): boolean {
    return this.owners().every((names) => names.length === 1);
  }

  count(node: LeaseNode): number {
    return this.owners().filter((names) => names.includes(node.name)).length;
  }
}

function isOwned(keeper: ShardKeeper, shard: number): boolean {
  return keeper.owned(shard)?.fence.isHeld() === true;
}

test('nodes join one by one, one leaves, one dies: every shard has one owner, and few move', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const world = new LeaseWorld(seed, { ...CALM, latencyMs: [0.5, 20] });
    const log = new ShardLog(world);
    const check = (): void => log.book.assertOne();
    const [first] = world.addMany(1);
    log.keep(first!);
    await world.until(() => log.isQuiet(), 4_000, check);
    assert.is(log.count(first!), SHARDS);
    const [second, third] = [world.add('b'), world.add('c')];
    const keeper = log.keep(second);
    log.keep(third);
    await world.advance(6_000, check);
    assert.ok(log.isQuiet());
    for (const node of [first!, second, third])
      assert.ok(log.count(node) >= 4, `${node.name} ${log.count(node)}`);
    // Each shard was taken once by the first node, and once more if another one should have it.
    assert.is(log.taken, SHARDS + log.count(second) + log.count(third));
    const before = log.owners();
    await world.sim.until(keeper.drain());
    await world.sim.until(second.leave());
    await world.advance(1_000, check);
    assert.ok(log.isQuiet());
    const after = log.owners();
    assert.ok(
      before.every(([owner], shard) => owner === 'b' || after[shard]![0] === owner),
      'others stayed',
    );
    assert.is(log.lost, 0);
    third.crash();
    await world.until(() => log.isQuiet(), TIMES.leaseMs + 1_500, check);
    assert.is(log.count(first!), SHARDS);
  }
});

test('under faults no shard has two owners, and in quiet each has exactly one: 40 seeds', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const world = new LeaseWorld(seed, { ...ROUGH, latencyMs: [0.5, 30] });
    const log = new ShardLog(world);
    const check = (): void => log.book.assertOne();
    for (const node of world.addMany(3, {}, 0.05)) log.keep(node);
    for (let round = 0; round < 4; round++) {
      const living = world.nodes.filter(({ isAlive }) => isAlive);
      const victim = living[world.random.below(living.length)]!;
      const kind = world.random.below(4);
      if (kind === 0) victim.clock.pause();
      if (kind === 1) victim.cut(true);
      if (kind === 2) world.store.isAway = true;
      if (kind === 3) {
        victim.crash();
        log.keep(world.add(`${victim.name[0]}${round}`));
      }
      await world.advance(500 + world.random.next() * 3_500, check);
      victim.clock.resume();
      victim.cut(false);
      world.store.isAway = false;
    }
    world.store.faults = CALM;
    await world.advance(3_000, check);
    for (const node of world.nodes.filter((one) => one.isAlive && one.lease.state === 'lost')) {
      node.crash();
      log.keep(world.add(`${node.name}x`));
    }
    await world.until(() => log.isQuiet(), 12_000, check);
  }
});

test('a hand-over waits for the drain, and is bounded; a drain that hangs ends with its time', async () => {
  const world = new LeaseWorld(7);
  const log = new ShardLog(world);
  const [first] = world.addMany(1);
  const open: (() => void)[] = [];
  let isHanging = true;
  log.keep(first!, {
    drain: () => (isHanging ? new Promise<void>((resolve) => open.push(resolve)) : Promise.resolve()),
  });
  await world.until(() => log.isQuiet(), 4_000);
  const second = world.add('b');
  log.keep(second);
  await world.advance(3_000);
  assert.is(open.length, 8);
  assert.is(log.count(second), 0);
  open[0]!();
  await world.advance(100);
  assert.is(log.count(second), 1);
  assert.is(open.length, 9);
  isHanging = false;
  await world.advance(6_000);
  assert.ok(log.isQuiet());
  assert.ok(log.count(second) > 8);
});

test('a node that is cut off serves nothing, and is told once of each shard that it lost', async () => {
  const world = new LeaseWorld(9);
  const log = new ShardLog(world);
  const [first] = world.addMany(1);
  const keeper = log.keep(first!);
  const { claims, members, clock } = first!;
  const kinds = [{ kind: 'session', shardCount: SHARDS, keeper }];
  const placement = clusterPlacement({ kinds, claims, members, clock, locateMs: 500 });
  await world.until(() => log.isQuiet(), 4_000);
  assert.ok((await placement.locate('session', 'd-1')).local);
  first!.cut(true);
  await world.advance(2_000);
  assert.is(first!.lease.state, 'suspended');
  const code = placement.locate('session', 'd-1').catch((error: { code: string }) => error.code);
  assert.is(await world.sim.until(code), 'unavailable');
  assert.is(log.lost, 0, 'it may come back');
  log.keep(world.add('b'));
  await world.until(
    () => log.isQuiet(),
    4_000,
    () => log.book.assertOne(),
  );
  first!.cut(false);
  await world.until(() => first!.lease.state === 'lost', 2_000);
  await world.advance(500);
  assert.is(log.lost, SHARDS);
  assert.ok(log.owners().every(([owner]) => owner === 'b'));
});

test('an entity is found where its shard is, on every node, and its owner is told when it moves', async () => {
  const world = new LeaseWorld(8);
  const log = new ShardLog(world);
  const [first, second] = world.addMany(2);
  const placements = [first!, second!].map((node) => {
    const keeper = log.keep(node);
    const kinds = [
      { kind: 'session', shardCount: SHARDS, keeper, activeIn: (shard: number) => [`of-${shard}`] },
    ];
    const { claims, members, clock } = node;
    return clusterPlacement({ kinds, claims, members, clock, locateMs: 3_000 });
  });
  await world.advance(4_000);
  assert.ok(log.isQuiet());
  const lost: string[] = [];
  placements[0]!.onLost('session', (ids) => lost.push(...ids));
  const ids = Array.from({ length: 40 }, (_, n) => `d-${n}`);
  const seen = new Set<string>();
  for (const id of ids) {
    const [here, there] = await Promise.all(placements.map((placement) => placement.locate('session', id)));
    assert.is(here!.node, there!.node);
    assert.is(here!.fence.generation, there!.fence.generation);
    assert.is(here!.local, here!.node === 'a');
    seen.add(here!.node);
  }
  assert.is(seen.size, 2);
  const owned = log.count(first!);
  first!.state = 'draining';
  await world.advance(300);
  await world.sim.until(log.keepers.get(first!)!.drain());
  assert.is(new Set(lost).size, owned);
  await world.advance(500);
  const places = await world.sim.until(Promise.all(ids.map((id) => placements[0]!.locate('session', id))));
  assert.ok(places.every(({ node, local, fence }) => node === 'b' && !local && fence.isHeld()));
  const locating = placements[0]!.locate('session', 'd-1');
  second!.crash();
  await world.sim.until(locating);
  await world.advance(4_000);
  const code = placements[0]!.locate('session', 'd-1').catch((error: { code: string }) => error.code);
  assert.is(await world.sim.until(code), 'unavailable');
});
