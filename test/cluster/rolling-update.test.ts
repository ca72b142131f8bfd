/** Nodes of two versions side by side, and nodes that are drained under load: real leases, claims, shards. */
import { startEntities } from '../../cluster/entities/entities.ts';
import type { Entities } from '../../cluster/entities/entities.ts';
import { claimDirectory } from '../../cluster/entities/shard-directory.ts';
import { spawnShardKeeper } from '../../cluster/placement/shard-keeper.ts';
import type { ShardKeeper } from '../../cluster/placement/shard-keeper.ts';
import { startRemoting } from '../../cluster/remote/start-remoting.ts';
import type { NodeRemoting } from '../../cluster/remote/start-remoting.ts';
import { query, spawn } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import { MemoryBus } from '../../runtime/store/memory/memory-bus.ts';
import { assert, suite } from '../harness.ts';
import { CALM } from './leases/fault-store.ts';
import { LeaseWorld } from './leases/lease-world.ts';
import type { LeaseNode } from './leases/lease-world.ts';

const test = suite('rolling update', { limitMs: 60_000 });
const SHARDS = 12;
const IDS = Array.from({ length: 24 }, (_, at) => `account-${at}`);

interface Versions {
  readonly min: number;
  readonly max: number;
}

interface Add {
  readonly n: number;
  readonly replyTo?: ActorRef<number>;
}

interface Host {
  readonly name: string;
  readonly node: LeaseNode;
  readonly entities: Entities;
  readonly keeper: ShardKeeper;
  readonly remoting: NodeRemoting;
}

/** What a program of another version writes into its own member's key: its versions, and a new field. */
function asOf(kv: KvPort, versions: Versions): KvPort {
  const rewritten = (key: string, value: Uint8Array): Uint8Array => {
    const record = JSON.parse(new TextDecoder().decode(value)) as object;
    if (!key.startsWith('members.') || (record as { state: string }).state === 'gone') return value;
    const newer = versions.max > 1 ? { addedLater: { deep: [1] } } : {};
    return new TextEncoder().encode(JSON.stringify({ ...record, protocol: versions, ...newer }));
  };
  return {
    ...{ get: kv.get.bind(kv), delete: kv.delete.bind(kv), keys: kv.keys.bind(kv) },
    ...{ watch: kv.watch.bind(kv), close: kv.close.bind(kv) },
    create: (key, value) => kv.create(key, rewritten(key, value)),
    update: (key, value, revision) => kv.update(key, rewritten(key, value), revision),
    put: (key, value) => kv.put(key, rewritten(key, value)),
  };
}

/** A cluster whose entities note each number that they are told or asked. */
class Town {
  readonly world: LeaseWorld;
  readonly bus: MemoryBus;
  readonly hosts = new Map<string, Host>();
  /** Numbers handled, with who handled them. */
  readonly handled: { readonly n: number; readonly at: string }[] = [];
  readonly failed: string[] = [];
  told = 0;
  asked = 0;
  answered = 0;

  constructor(seed: number) {
    this.world = new LeaseWorld(seed, CALM);
    this.bus = new MemoryBus({ clock: this.world.sim.clock });
  }

  async add(name: string, versions: Versions = { min: 1, max: 1 }): Promise<Host> {
    const node = this.world.add(name, { wrapKv: (kv) => asOf(kv, versions) });
    const { members, claims, lease, clock, system } = node;
    const remoting = await startRemoting({ system, bus: this.bus, members, cluster: 'test', versions });
    const entities = startEntities({ system, remoting });
    const kind = { kind: 'account', shardCount: SHARDS, claims, members };
    const hooks = entities.register<Add>({
      kind: 'account',
      directory: claimDirectory(kind),
      start: ({ parent, name: child, fence }) =>
        spawn(
          parent,
          (sum: number, { n, replyTo }: Add) => {
            this.handled.push({ n, at: name });
            replyTo?.tell(n);
            return sum + n;
          },
          child,
          { initialState: 0, fence },
        ),
    });
    const keeper = spawnShardKeeper(system, { ...kind, lease, clock, hooks, need: { protocol: versions } });
    const host = { name, node, entities, keeper, remoting };
    this.hosts.set(name, host);
    return host;
  }

  /** Shards that one living host has, by host. */
  owned(name: string): number {
    const { node, keeper } = this.hosts.get(name)!;
    if (!node.isAlive) return 0;
    return Array.from({ length: SHARDS }, (_, shard) => keeper.owned(shard)?.fence.isHeld()).filter(Boolean)
      .length;
  }

  isSettled(): boolean {
    return [...this.hosts.keys()].reduce((sum, name) => sum + this.owned(name), 0) === SHARDS;
  }

  /** A tell and an ask from each of `from`, every `stepMs`, for `forMs`. */
  async load(from: readonly Host[], forMs: number, stepMs = 10): Promise<void> {
    for (let passedMs = 0; passedMs < forMs; passedMs += stepMs) {
      for (const host of from) {
        this.tell(host);
        this.ask(host);
      }
      await this.world.advance(stepMs);
    }
  }

  /** Every number that was sent was handled, none twice, and every ask answered. */
  check(): void {
    const numbers = this.handled.map(({ n }) => n);
    assert.is(new Set(numbers).size, numbers.length, 'handled twice');
    assert.equal(this.failed, []);
    assert.equal([this.handled.length, this.answered], [this.told + this.asked, this.asked]);
  }

  /** Drains a node as an operator does, and stops it when it owns nothing. */
  async leave(host: Host, from: readonly Host[]): Promise<void> {
    host.node.state = 'draining';
    const drained = host.keeper.drain();
    await this.load(from, 4_000);
    await this.world.sim.until(drained);
    assert.is(this.owned(host.name), 0);
    await host.remoting.flush();
    await this.world.sim.until(host.remoting.close());
    await this.world.sim.until(host.node.leave());
  }

  private next(): { readonly n: number; readonly id: string } {
    const n = this.told + this.asked;
    return { n, id: IDS[n % IDS.length]! };
  }

  private tell(host: Host): void {
    const { n, id } = this.next();
    this.told += 1;
    host.entities.ref<Add>('account', id).tell({ n });
  }

  private ask(host: Host): void {
    const { n, id } = this.next();
    this.asked += 1;
    const ref = host.entities.ref<Add>('account', id);
    query<Add, number>(ref, (replyTo) => ({ n, replyTo }), { timeoutMs: 8_000, via: host.node.system }).then(
      (answer) => void (answer === n ? (this.answered += 1) : this.failed.push(`${n}: ${answer}`)),
      (error: { code: string; message: string }) =>
        void this.failed.push(`${n}: ${error.code} ${error.message}`),
    );
  }
}

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: one of three nodes is drained under load: nothing is lost, nothing handled twice`, async () => {
    const town = new Town(seed);
    const all = [await town.add('a'), await town.add('b'), await town.add('c')];
    await town.world.until(() => town.isSettled(), 10_000);
    await town.world.advance(3_000);
    await town.load(all, 1_000);
    const [a, b, c] = all as [Host, Host, Host];
    assert.ok(town.owned('b') > 0);
    // The one that leaves goes on sending until it owns nothing.
    b.node.state = 'draining';
    const drained = b.keeper.drain();
    await town.load(all, 2_000);
    await town.world.sim.until(drained);
    await town.load([a, c], 500);
    await town.world.advance(1_000);
    assert.equal([town.owned('b'), town.isSettled()], [0, true]);
    town.check();
    assert.ok(town.handled.length >= 1_800, `${town.handled.length}`);
  });
}

const OLD = { min: 1, max: 1 };
const BOTH = { min: 1, max: 2 };
const NEW = { min: 2, max: 2 };

test('an update node by node, under load: old ones and new ones share the shards, and nothing is lost', async () => {
  const town = new Town(4);
  const [a, b] = [await town.add('a', OLD), await town.add('b', OLD)];
  await town.world.until(() => town.isSettled(), 10_000);
  await town.load([a, b], 300);
  const c = await town.add('c', BOTH);
  await town.load([a, b, c], 5_000);
  assert.ok(town.owned('c') > 0 && town.owned('a') + town.owned('b') > 0, 'side by side');
  await town.leave(a, [b, c]);
  const d = await town.add('d', BOTH);
  await town.load([b, c, d], 5_000);
  await town.leave(b, [c, d]);
  await town.world.advance(1_000);
  assert.ok(town.isSettled());
  town.check();
  // The old version is gone: one that speaks the new one alone may come.
  await town.add('e', NEW);
  await town.load([c, d], 5_000);
  await town.world.advance(1_000);
  assert.ok(town.owned('e') > 0);
  town.check();
});

test('a node that old ones cannot speak with gets nothing of theirs, and is told so in words', async () => {
  const town = new Town(5);
  const [a, b] = [await town.add('a', OLD), await town.add('b', OLD)];
  await town.world.until(() => town.isSettled(), 10_000);
  const f = await town.add('f', NEW);
  await town.load([a, b], 6_000);
  await town.world.advance(1_000);
  assert.is(town.owned('f'), 0, 'nothing is handed to it');
  town.check();
  const code = (from: Host, to: string): Promise<string> =>
    query(from.remoting.ref(to, '/any'), () => 1, { timeoutMs: 5_000, via: from.node.system }).then(
      () => 'answered',
      (error: { code: string }) => error.code,
    );
  const codes = await town.world.sim.until(Promise.all([code(a, 'f'), code(f, 'a')]));
  assert.equal(codes, ['not_supported', 'not_supported']);
});
