/** Singletons over several nodes: at most one acts at any time, exactly one runs in quiet. */
import { rendezvous } from '../../cluster/placement/rendezvous.ts';
import { spawnSingleton } from '../../cluster/singletons/singleton.ts';
import type { Singleton, SingletonOptions } from '../../cluster/singletons/singleton.ts';
import type { ActorContext } from '../../runtime/kernel/actor.ts';
import { actorChild } from '../../supervisors/child-spec.ts';
import { assert, suite } from '../harness.ts';
import { CALM, ROUGH } from './leases/fault-store.ts';
import { FenceBook, LeaseWorld, TIMES } from './leases/lease-world.ts';
import type { LeaseNode } from './leases/lease-world.ts';

const test = suite('leases: singletons', { limitMs: 120_000 });
const NAME = 'sweeper';
const CLAIM = 'singleton.sweeper';

interface Started {
  readonly node: LeaseNode;
  readonly generation: number;
  hasEnded: boolean;
}

/** Runs of the singleton's child in one world, and what it did. */
class RunLog {
  readonly book: FenceBook;
  readonly singletons = new Map<LeaseNode, Singleton>();
  readonly started: Started[] = [];
  /** Runs on living nodes that had not ended when the next one started. */
  readonly unended: Started[] = [];
  readonly worked: { readonly node: string; readonly generation: number; readonly atMs: number }[] = [];
  readonly #world: LeaseWorld;

  constructor(world: LeaseWorld) {
    this.#world = world;
    this.book = new FenceBook(world.sim.seed);
  }

  join(node: LeaseNode, options: Partial<SingletonOptions> = {}): Singleton {
    const singleton = spawnSingleton(node.system, {
      name: NAME,
      claims: node.claims,
      members: node.members,
      lease: node.lease,
      child: (fence) => {
        this.book.add(CLAIM, node, fence);
        this.#world.noteTaken(CLAIM, fence);
        const run: Started = { node, generation: fence.generation, hasEnded: false };
        this.unended.push(...this.started.filter((one) => one.node.isAlive && !one.hasEnded));
        this.started.push(run);
        return actorChild<null, 'work'>({
          id: 'child',
          behavior: (state, _message, ctx) => {
            assert.ok(fence.isHeld());
            const { generation } = fence;
            this.worked.push({ node: node.name, generation, atMs: this.#world.nowMs });
            ctx.setTimer('work', 100, 'work');
            return state;
          },
          options: {
            fence,
            initialStateFunc: (ctx: ActorContext<'work'>) => (ctx.self.tell('work'), null),
            // Its last work takes a while: whoever comes next has to wait for it.
            afterStop: () =>
              new Promise<void>((resolve) => {
                node.clock.setTimer(300, () => {
                  run.hasEnded = true;
                  resolve();
                });
              }),
          },
        });
      },
      ...options,
    });
    this.singletons.set(node, singleton);
    return singleton;
  }

  /** Living nodes on which it runs and may act. */
  running(): string[] {
    const running = [...this.singletons].filter(
      ([node, singleton]) => node.isAlive && singleton.running() !== undefined && node.lease.isHeld(),
    );
    return running.map(([node]) => node.name);
  }
}

function check(log: RunLog): () => void {
  return () => log.book.assertOne();
}

test('runs on one node, stays there when others join, and moves in order when its node drains', async () => {
  const world = new LeaseWorld(1, { ...CALM, latencyMs: [0.5, 20] });
  const log = new RunLog(world);
  const [first] = world.addMany(1);
  const singleton = log.join(first!);
  await world.until(() => log.running().length === 1, 3_000, check(log));
  for (const name of ['b', 'c', 'd']) log.join(world.add(name));
  await world.advance(10_000, check(log));
  assert.equal(log.running(), ['a']);
  assert.is(log.started.length, 1);
  first!.state = 'draining';
  await world.advance(300, check(log));
  await world.sim.until(singleton.drain());
  await world.advance(200, check(log));
  assert.equal(log.unended, [], 'its end was awaited before the claim was given up');
  assert.is(log.running().length, 1);
  assert.ok(log.started[1]!.generation > log.started[0]!.generation);
  const gapMs =
    log.worked.find(({ node }) => node !== 'a')!.atMs - log.worked.findLast(({ node }) => node === 'a')!.atMs;
  assert.ok(gapMs < 900, `${gapMs} ms without it`);
});

test('a crash: it runs elsewhere within the lease and 1.5 s; only eligible nodes run it', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new LeaseWorld(seed, { ...CALM, latencyMs: [0.5, 20] });
    const log = new RunLog(world);
    const need = { roles: ['anchor'], labels: { zone: 'x' } };
    const fit = { roles: ['anchor'], labels: { zone: 'x' } };
    const nodes = [
      world.add('a', fit),
      world.add('b', fit),
      world.add('c'),
      world.add('d', { roles: ['anchor'] }),
    ];
    for (const node of nodes) log.join(node, { need });
    await world.until(() => log.running().length === 1, 6_000, check(log));
    const [owner] = log.running();
    nodes.find(({ name }) => name === owner)!.crash();
    await world.until(() => log.running().length === 1, TIMES.leaseMs + 1_500, check(log));
    assert.equal([...log.running(), owner].sort(), ['a', 'b']);
  }
});

test('under faults at most one acts at any time, and in quiet exactly one runs: 60 seeds', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const world = new LeaseWorld(seed, ROUGH);
    const log = new RunLog(world);
    for (const node of world.addMany(3, {}, 0.05)) log.join(node);
    for (let round = 0; round < 5; round++) {
      const living = world.nodes.filter(({ isAlive }) => isAlive);
      const victim = living[world.random.below(living.length)]!;
      const kind = world.random.below(4);
      if (kind === 0) victim.clock.pause();
      if (kind === 1) victim.cut(true);
      if (kind === 2) world.store.isAway = true;
      if (kind === 3) {
        victim.crash();
        log.join(world.add(`${victim.name[0]}${round}`));
      }
      await world.advance(500 + world.random.next() * 4_000, check(log));
      victim.clock.resume();
      victim.cut(false);
      world.store.isAway = false;
    }
    world.store.faults = CALM;
    await world.advance(3_000, check(log));
    for (const node of world.nodes.filter((one) => one.isAlive && one.lease.state === 'lost')) {
      await world.advance(300);
      assert.is(log.singletons.get(node)!.running(), undefined, 'stopped when the lease was lost');
      node.crash();
      log.join(world.add(`${node.name}x`));
    }
    await world.until(() => log.running().length === 1, 12_000, check(log));
    await world.advance(3_000, check(log));
    assert.is(log.running().length, 1);
    const generations = log.worked.map(({ generation }) => generation);
    assert.equal(
      generations,
      [...generations].sort((left, right) => left - right),
      `seed ${seed}`,
    );
  }
});

test('a lease that is lost stops the child at once, whatever this node still thinks of the members', async () => {
  const world = new LeaseWorld(6);
  const log = new RunLog(world);
  const [first] = world.addMany(2);
  await world.advance(1_000);
  const seen = first!.members.list();
  const frozen = { list: () => seen, get: () => seen[0], isLiving: () => true };
  const deaf = { self: first!.members.self, onChange: () => () => {}, onGone: () => () => {} };
  const singleton = log.join(first!, { members: { ...frozen, ...deaf } });
  await world.advance(3_000);
  assert.ok(singleton.running());
  first!.cut(true);
  await world.advance(4_000);
  assert.is(first!.lease.state, 'suspended');
  assert.ok(singleton.running(), 'a suspended lease may come back');
  first!.cut(false);
  await world.until(() => first!.lease.state === 'lost', 2_000);
  await world.advance(500);
  assert.is(singleton.running(), undefined);
});

test('a child whose supervisor gives up on one node is run by another', async () => {
  const world = new LeaseWorld(5);
  const log = new RunLog(world);
  const nodes = world.addMany(2);
  // The one wished for is the one where it fails: it must leave it to the other.
  const [wished] = rendezvous(CLAIM, [{ node: 'a' }, { node: 'b' }]);
  const first = nodes.find(({ name }) => name === wished);
  const second = nodes.find(({ name }) => name !== wished);
  let crashes = 0;
  log.join(first!, {
    child: () =>
      actorChild<null, 'boom'>({
        id: 'child',
        intensity: { maxRestarts: 2, withinMs: 60_000 },
        backoff: { firstMs: 10 },
        behavior: () => {
          crashes += 1;
          throw new Error('it always fails here');
        },
        options: {
          initialStateFunc: (ctx: ActorContext<'boom'>) => (ctx.self.tell('boom'), null),
          onCrash: () => 'escalate',
        },
      }),
  });
  await world.advance(3_000);
  log.join(second!);
  await world.until(() => log.running().includes(second!.name), 20_000, check(log));
  assert.ok(crashes >= 3);
  await world.advance(5_000);
  assert.equal(log.running(), [second!.name]);
});
