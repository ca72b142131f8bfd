/** Entities over real leases and claims: told by number while nodes join, leave in order, and die. */
import { startEntities } from '../../cluster/entities/entities.ts';
import type { Entities } from '../../cluster/entities/entities.ts';
import { claimDirectory } from '../../cluster/entities/shard-directory.ts';
import { spawnShardKeeper } from '../../cluster/placement/shard-keeper.ts';
import type { ShardKeeper } from '../../cluster/placement/shard-keeper.ts';
import { startRemoting } from '../../cluster/remote/start-remoting.ts';
import { spawn } from '../../runtime/kernel/index.ts';
import { MemoryBus } from '../../runtime/store/memory/memory-bus.ts';
import { assert, suite } from '../harness.ts';
import { CALM } from './leases/fault-store.ts';
import { LeaseWorld } from './leases/lease-world.ts';
import type { LeaseNode } from './leases/lease-world.ts';
import { FaultBus } from './remote/fault-bus.ts';

const test = suite('entities over leases and claims', { limitMs: 120_000 });
const SHARDS = 12;
const IDS = Array.from({ length: 10 }, (_, at) => `entity-${at}`);
const STEP_MS = 20;

interface Handled {
  readonly id: string;
  readonly n: number;
  readonly generation: number;
}

interface Host {
  readonly node: LeaseNode;
  readonly bus: FaultBus;
  readonly entities: Entities;
  readonly keeper: ShardKeeper;
}

/** A cluster whose entities note what they handle. */
class ShardWorld {
  readonly world: LeaseWorld;
  readonly bus: MemoryBus;
  readonly handled: Handled[] = [];
  readonly hosts: Host[] = [];
  sent = 0;

  constructor(seed: number) {
    this.world = new LeaseWorld(seed, CALM);
    this.bus = new MemoryBus({ clock: this.world.sim.clock });
  }

  async add(name: string): Promise<Host> {
    const node = this.world.add(name);
    const bus = new FaultBus(this.bus, node.clock);
    const { members, claims, lease, clock, system } = node;
    const remoting = await startRemoting({ system, bus, members, cluster: 'test' });
    const entities = startEntities({ system, remoting });
    const kind = { kind: 'diary', shardCount: SHARDS, claims, members };
    const hooks = entities.register<number>({
      kind: 'diary',
      directory: claimDirectory(kind),
      start: ({ id, parent, name: child, fence }) =>
        spawn(
          parent,
          (state: undefined, n: number, ctx) => {
            const { generation } = ctx.fence!;
            this.handled.push({ id, n, generation });
            return state;
          },
          child,
          { fence },
        ),
    });
    const keeper = spawnShardKeeper(system, { ...kind, lease, clock, hooks });
    const host = { node, bus, entities, keeper };
    this.hosts.push(host);
    return host;
  }

  /** Shards that nobody, or more than one, has. */
  unsettled(): number {
    let count = 0;
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const owners = this.hosts.filter(
        ({ node, keeper }) => node.isAlive && keeper.owned(shard)?.fence.isHeld(),
      );
      if (owners.length !== 1) count += 1;
    }
    return count;
  }

  /** Tells entities from `host` for a while, one message a step. */
  async talk(host: Host, ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      const n = (this.sent += 1);
      host.entities.ref<number>('diary', IDS[n % IDS.length]!).tell(n);
      await this.world.advance(STEP_MS);
    }
  }

  /** Numbers that nobody handled. */
  missing(): number[] {
    const seen = new Set(this.handled.map(({ n }) => n));
    return Array.from({ length: this.sent }, (_, at) => at + 1).filter((n) => !seen.has(n));
  }

  /** Each number once at most, and no entity alive under an older claim after a newer one. */
  check(): void {
    assert.is(new Set(this.handled.map(({ n }) => n)).size, this.handled.length, 'handled twice');
    const newest = new Map<string, number>();
    for (const { id, generation } of this.handled) {
      assert.ok(generation >= (newest.get(id) ?? 0), `${id} was alive under an older claim`);
      newest.set(id, generation);
    }
  }
}

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: nothing is lost while nodes join and leave, little when one dies`, async () => {
    const shards = new ShardWorld(seed);
    const { world } = shards;
    const a = await shards.add('a');
    const b = await shards.add('b');
    await world.until(() => shards.unsettled() === 0, 10_000);
    await shards.talk(a, 1_000);
    const c = await shards.add('c');
    await shards.talk(a, 6_000);
    assert.ok(
      Array.from({ length: SHARDS }, (_, shard) => c.keeper.owned(shard)).some(
        (claim) => claim !== undefined,
      ),
    );
    b.node.state = 'draining';
    await shards.talk(a, 1_000);
    const drained = b.keeper.drain();
    await shards.talk(a, 6_000);
    await world.sim.until(drained);
    await world.advance(500);
    shards.check();
    assert.equal(shards.missing(), [], 'no message of an orderly change is lost');
    c.node.crash();
    c.bus.isDeaf = true;
    c.bus.decide = () => 'drop';
    const died = shards.sent;
    await shards.talk(a, 8_000);
    await world.until(() => shards.unsettled() === 0, 10_000);
    const served = shards.sent;
    await shards.talk(a, 500);
    await world.advance(1_000);
    shards.check();
    const missing = shards.missing();
    assert.ok(
      missing.every((n) => n >= died && n <= served),
      missing.join(' '),
    );
    // What was told to the dead node before anybody knew: a lease and its detection.
    assert.ok(missing.length * STEP_MS < 4_000, `${missing.length} lost`);
  });
}
